"""The examples of the planner: each is solved by a solution of ours, and by nothing less."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from llm_strategy.planner.editing import Write
from llm_strategy.planner.replies import read_work
from llm_strategy.testing import ScriptedModel

EXAMPLES = Path(__file__).parents[3] / "examples" / "planner"
REFERENCES = Path(__file__).parent / "references"
NAMES = ("blackjack", "checklist", "pasta", "shortener", "snake", "todo")


def loaded(name):
    spec = importlib.util.spec_from_file_location(f"example_planner_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def runner():
    """The runner of the examples."""
    yield (module := loaded("run"))
    del sys.modules[module.__name__]


def reply_of(name):
    return (REFERENCES / f"{name}.md").read_text("utf-8")


def solution_of(name):
    work = read_work(reply_of(name))
    assert not work.problems
    return {edit.path: edit.text for edit in work.edits if isinstance(edit, Write)}


def test_every_example_has_a_task_and_a_reference(runner):
    assert tuple(runner.names()) == NAMES
    assert {path.stem for path in REFERENCES.glob("*.md")} == set(NAMES)
    assert all(20 < len(runner.task_of(name).split()) < 250 for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_passes_every_acceptance_test(runner, name):
    accepted = runner.accept(name, solution_of(name), "unsafe-process")
    assert accepted.failed == ()
    assert accepted.is_all
    assert accepted.passed >= 5
    assert accepted.skipped == 0 or (name == "snake" and importlib.util.find_spec("pygame") is None)


@pytest.mark.parametrize("name", NAMES)
def test_files_that_do_nothing_pass_no_acceptance_test(runner, name):
    empty = dict.fromkeys(solution_of(name), "")
    accepted = runner.accept(name, empty, "unsafe-process")
    assert not accepted.is_all
    assert len(accepted.failed) >= 5 or accepted.passed == 0


BROKEN = [
    ("todo", "todo.py", 'case ["done", number]', 'case ["finish", number]', 2),
    ("todo", "tasks.py", "enumerate(tasks, 1)", "enumerate(tasks)", 5),
    ("blackjack", "cards.py", "while value > 21 and aces", "if value > 22 and aces", 1),
    ("blackjack", "game.py", "< 17", "< 16", 1),
    ("checklist", "checklist.py", "if not 1 <= number", "if not -1 <= number", 2),
    ("checklist", "storage.py", "if Path(path).exists():", "if path:", 1),
    ("shortener", "storage.py", "visits + 1", "visits", 1),
    ("shortener", "app.py", '"302 Found"', '"301 Moved Permanently"', 2),
    ("snake", "snake.py", "or head in body", "", 1),
    ("snake", "snake.py", "self.score += 1", "pass", 1),
    ("pasta", "book/03_pesto.md", "## Method", "## And then", 1),
    ("pasta", "book/00_contents.md", "(04_ragu.md)", "(03_pesto.md)", 1),
]


@pytest.mark.parametrize(("name", "path", "right", "wrong", "least"), BROKEN)
def test_a_mistake_is_found(runner, name, path, right, wrong, least):
    files = solution_of(name)
    assert right in files[path]
    accepted = runner.accept(name, {**files, path: files[path].replace(right, wrong)}, "unsafe-process")
    assert len(accepted.failed) >= least


def test_tests_of_the_model_take_no_part_in_the_judgement(runner):
    files = solution_of("todo")
    meddling = {
        **files,
        "tests/test_more.py": "def test_wrong():\n    assert False\n",
        "conftest.py": "raise SystemExit(0)\n",
    }
    assert runner.accept("todo", meddling, "unsafe-process") == runner.accept("todo", files, "unsafe-process")


PLAN = [json.dumps({"return_value": ["Tasks can be added and listed."]})]


def test_a_run_is_told_judged_and_written_down(runner, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        runner, "model_of", lambda name, number, at_once: ScriptedModel([*PLAN, reply_of("todo"), "DONE", "DONE"])
    )
    order = [
        "todo",
        "--small",
        "--workspace",
        str(tmp_path),
        "--tries",
        "2",
        "--at-once",
        "2",
        "--sandbox",
        "unsafe-process",
    ]

    assert runner.main([*order, "--set", "turns=2"]) == 0

    printed = capsys.readouterr().out
    assert "todo-1: planned: 1 requirements, 2 steps" in printed
    assert printed.count("8 of 8") == 2
    tries = [json.loads(line) for line in (tmp_path / "tries.jsonl").read_text("utf-8").splitlines()]
    tries.sort(key=lambda one: one["workspace"])
    assert [(one["workspace"], one["reason"], one["accepted"]["passed"]) for one in tries] == [
        ("todo-1", "done", 8),
        ("todo-2", "done", 8),
    ]
    assert (tries[0]["own_passed"], tries[0]["features"], tries[0]["calls"]) == (1, 1.0, 4)


def test_a_page_tells_of_the_tries_and_shows_the_best_one_whole(runner, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    wrong = reply_of("todo").replace('case ["list"]', 'case ["show"]').replace('main(["list"])', 'main(["show"])')
    replies = {1: [*PLAN, wrong, "DONE", "DONE"], 2: [*PLAN, reply_of("todo"), "DONE", "DONE"]}
    monkeypatch.setattr(runner, "model_of", lambda name, number, at_once: ScriptedModel(replies[number]))
    runner.main(["todo", "--small", "--tries", "2", "--workspace", str(tmp_path), "--sandbox", "unsafe-process"])
    page = tmp_path / "page.md"
    page.write_text(
        "# Tries\n\n<!-- tries: written by examples/planner/page.py -->\nwhat stood there\n<!-- end of tries -->\nEnd.\n"
    )

    for _ in range(2):
        assert loaded("page").main([str(tmp_path / "tries.jsonl"), str(page)]) == 0

    told = page.read_text("utf-8")
    assert told.startswith("# Tries\n")
    assert told.endswith("<!-- end of tries -->\nEnd.\n")
    assert "what stood there" not in told
    assert [line.split(" | ")[2] for line in told.splitlines() if line.startswith("| todo-")] == ["1 of 8", "8 of 8"]
    assert told.count("## todo-2") == told.count("`tasks.py`") == told.count("## ") == 1
    assert "R1 passed: Tasks can be added and listed." in told
    assert "Writer.work" in told
    assert str(tmp_path) not in told
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_a_codebase_that_falls_short_is_no_success(runner, tmp_path, capsys, monkeypatch):
    wrong = reply_of("todo").replace('case ["list"]', 'case ["show"]').replace('main(["list"])', 'main(["show"])')
    monkeypatch.setattr(runner, "model_of", lambda name, number, at_once: ScriptedModel([*PLAN, wrong, "DONE", "DONE"]))

    assert runner.main(["todo", "--small", "--workspace", str(tmp_path), "--sandbox", "unsafe-process"]) == 1
    assert (
        "todo-1: not accepted: acceptance/test_acceptance.py::test_a_task_that_was_added_is_listed"
        in capsys.readouterr().out
    )


def test_without_a_name_the_tasks_are_told(runner, capsys):
    assert runner.main([]) == 0
    assert all(f"{name}: " in capsys.readouterr().out or name for name in NAMES)


def test_tasks_of_the_paper_are_read_from_the_corpora(runner, tmp_path, monkeypatch):
    place = tmp_path / "corpora" / "l2mac_tasks.jsonl"
    place.parent.mkdir()
    place.write_text(json.dumps({"task": "twitter", "prompt": "Build it."}) + "\n", "utf-8")
    monkeypatch.setenv("LLM_STRATEGY_SHARED", str(tmp_path))
    assert runner.task_of("paper:twitter") == "Build it."
    assert runner.accept("paper:twitter", {"a.py": ""}) == runner.Accepted()
    monkeypatch.setenv("LLM_STRATEGY_SHARED", str(tmp_path / "nowhere"))
    assert runner.paper_tasks() == {}
