"""Whole runs as users make them: codebases whose tests are run, books, the report, the trace, the repository."""

import shutil

import pytest

from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.planner import (
    Instruction,
    Program,
    Requirement,
    generate_book,
    generate_codebase,
    planner_settings,
)
from llm_strategy.planner.domains import codebase
from llm_strategy.planner.parts import Architect, Writer
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import RecordedTrace, semconv

ONE = Program(
    "A sum.",
    (Requirement("R1", "It adds."), Requirement("R2", "It is documented.")),
    (Instruction("1", "Write sums.py with its test.", ("R1", "R2")),),
)
CODE = "sums.py\n```python\ndef add(a, b):\n    return a + b\n```\n\n"
RIGHT = f"{CODE}test_sums.py\n```python\nfrom sums import add\n\ndef test_R1_adds():\n    assert add(1, 2) == 3\n```"
WRONG = RIGHT.replace("== 3", "== 4")


@pytest.fixture
def made(tmp_path):
    """Makes a codebase whose tests are run: without walls, which have tests of their own."""
    return lambda replies, **options: generate_codebase(
        "A sum.",
        ScriptedModel(replies),
        workspace=tmp_path / "made",
        program=ONE,
        sandbox="unsafe-process",
        settings={"questions": 0, "reflections": 0},
        **options,
    )


def test_tests_are_run_and_what_fails_is_mended(made):
    found = made([WRONG, RIGHT])

    report = found.report
    assert report.is_done
    assert (report.verdict.passed, report.verdict.failed) == (1, 0)
    assert [(one.id, one.state, one.files) for one in report.requirements] == [
        ("R1", "passed", ("sums.py", "test_sums.py")),
        ("R2", "passed", ("sums.py", "test_sums.py")),
    ] or report.features == 0.5
    assert report.lines == 5
    assert "done" in str(report)
    assert found.workspace.joinpath("sums.py").read_text() == found["sums.py"]


def test_the_trace_tells_each_turn(made):
    found = made([WRONG, RIGHT])

    (path,) = found.workspace.glob(".llm-strategy/traces/*.jsonl")
    spans = RecordedTrace.read(path).spans
    turns = [one for one in spans if one.name == "turn"]
    judged = [one for one in spans if one.name == "evaluate" and one.number(semconv.PLANNER_TESTS_FAILED) is not None]
    assert [one.number(semconv.PLANNER_TURN) for one in turns] == [1, 2]
    assert all(one.number(semconv.PLANNER_CONTEXT) > 500 for one in turns)
    assert [one.number(semconv.PLANNER_TESTS_FAILED) for one in judged][-2:] == [1, 0]
    assert {event.text(semconv.FILE_OPERATION) for one in turns for event in one.events} >= {"create", "read", "write"}


def test_steps_are_committed(made):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    import subprocess

    found = made([RIGHT], git=True)

    told = subprocess.run(
        ["git", "log", "--format=%s", "--name-only"], cwd=found.workspace, capture_output=True, text=True, check=True
    )
    assert told.stdout.split("\n")[0] == "1: Write sums.py with its test."
    assert "sums.py" in told.stdout
    assert ".llm-strategy" not in told.stdout


def test_a_book_is_written_and_its_links_are_looked_at(tmp_path):
    program = Program("A book.", instructions=(Instruction("1", "Write the contents."),))
    wrong = "book/00.md\n```\n# Contents\n\n[One](01.md)\n```"
    right = f"{wrong}\n\nbook/01.md\n```\n# One\n\nOnce upon a time.\n```"
    model = ScriptedModel([wrong, right])

    made = generate_book("A book.", model, workspace=tmp_path / "made", program=program)

    assert set(made) == {"book/00.md", "book/01.md"}
    assert "01.md" in model.asked[1][-1].content


def test_prompts_and_settings_are_hyperparameters(tmp_path):
    scope = Hyperparameters()
    scope[Writer.work].instruction = "Write like a poet."
    scope[planner_settings].questions = 0
    scope[planner_settings].reflections = 0
    scope[codebase].writing = "In verses."
    scope[Architect.plan].temperature = 0.9
    replies = ['{"return_value": ["It works."]}', '{"return_value": [{"do": "Write."}]}', "a.py\n```\nx = 1\n```"]
    model = ScriptedModel(replies)

    with scope:
        generate_codebase("A tool.", model, workspace=tmp_path / "made", run_tests=False)

    assert len(model.asked) == 3
    assert model.asked[2][0].content == "Write like a poet."
    assert "advice: In verses." in model.asked[2][-1].content
    assert model.arguments[1]["temperature"] == 0.9
