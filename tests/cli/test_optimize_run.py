"""`llm-strategy optimize run` and `resume`: a whole search from a file, broken off and gone on with."""

import importlib
import json
import sys

import pytest

from llm_strategy.cli.optimize_run import Wanted, carry_out
from llm_strategy.errors import ConfigurationError, HyperparameterError, InputError, NoModelError
from llm_strategy.optimize.report.report import OptimizationReport

TASK = """
from llm_strategy.errors import InputError
from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize.metric import metric
from pydantic import Field

calls = []

@track_hyperparameters
def answer(question: str, *, _length: int = Field(10, ge=1, le=40), _warm: bool = False) -> str:
    calls.append(question)
    return f"{question} {_length} {_warm}"

@metric(deterministic=True, low=0.0, perfect=1.0)
def score(case, value):
    if len(calls) == stop:
        raise KeyboardInterrupt
    if len(calls) == -stop:
        raise InputError("no score today")
    *_, length, warm = value.split()
    return 0.3 + 0.4 * (warm == "True") + 0.3 * (1 - abs(int(length) - 23) / 23)

stop = 0
"""

CONFIG = """
task: {module}:answer
name: Answers
metric: {module}:score
data: {{file: cases.jsonl, parameters: {{question: asked}}, split: {{train: 8, val: 8, test: 8}}}}
budget: {{rollouts: 80}}
engine: random
"""


@pytest.fixture
def module(place, request):
    """A folder with a task and a configuration; the name of the task's module, which the test may load."""
    name = f"answers_{abs(hash(request.node.nodeid)) % 10**12}"
    (place / f"{name}.py").write_text(TASK)
    (place / "cases.jsonl").write_text("\n".join(json.dumps({"asked": f"Question {n}?"}) for n in range(24)))
    (place / "essay.yaml").write_text(CONFIG.format(module=name))
    before = list(sys.path)
    yield name
    sys.path[:] = before
    sys.modules.pop(name, None)


def test_a_search_is_carried_out_and_its_report_is_written(place, module, command):
    told = command("optimize", "run", "essay.yaml")
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("Answers: test score 0.")
    assert "begins; budget: rollouts 80" in told.stderr
    assert "Wrote essay.report.json and essay.report.html" in told.stderr
    report = OptimizationReport.load(place / "essay.report.json")
    assert (report.task, report.budget, report.is_seed) == ("Answers", {"rollouts": 80}, False)
    assert report.rollouts <= 80
    assert (place / "essay.report.html").is_file()
    assert len(sys.modules[module].calls) == report.rollouts


def test_a_search_that_was_stopped_goes_on_and_calls_nothing_twice(place, module, command):
    assert carry_out(place / "essay.yaml", Wanted(quiet=True), resume=False) == 0
    whole = OptimizationReport.load(place / "essay.report.json")
    (place / "essay.optimize.sqlite").unlink()
    task = sys.modules[module]
    task.calls.clear()
    task.stop = 30
    told = command("optimize", "run", "essay.yaml")
    assert told.exit_code == 130
    assert "Stopped. Everything so far is kept. Go on with: llm-strategy optimize resume essay.yaml" in told.stderr
    partial = command("optimize", "report", "essay.optimize.sqlite").stdout
    assert "The search is not over" in partial
    task.stop = 0
    told = command("optimize", "resume", "essay.yaml", "--workers", "2")
    assert told.exit_code == 0, told.output
    assert "goes on, with 29 rollouts known from before" in told.stderr
    report = OptimizationReport.load(place / "essay.report.json")
    assert [one.changes for one in report.members] == [one.changes for one in whole.members]
    assert report.gain == whole.gain
    assert len(task.calls) == report.rollouts + 1


def test_an_error_on_the_way_tells_that_what_was_done_is_kept(place, module, command, monkeypatch):
    def dropped(*_parts):
        raise OSError("the disk is full")

    monkeypatch.setattr("llm_strategy.optimize.optimizing.report_of", dropped)
    told = command("optimize", "run", "essay.yaml")
    assert isinstance(told.exception, OSError)
    assert "What was done is kept. Go on with: llm-strategy optimize resume essay.yaml" in told.stderr


def test_an_error_of_the_metric_does_not_promise_that_a_mended_one_goes_on(place, module, command, monkeypatch):
    monkeypatch.syspath_prepend(str(place))
    task = importlib.import_module(module)
    task.stop = -30
    told = command("optimize", "run", "essay.yaml")
    assert isinstance(told.exception, InputError)
    assert "Go on with" not in told.stderr
    assert "The metric raised this. Where it is mended, begin anew" in told.stderr
    assert "give another `store` in essay.yaml, or move essay.optimize.sqlite away" in told.stderr
    source = (place / f"{module}.py").read_text()
    (place / f"{module}.py").write_text(source.replace("len(calls) == -stop", "False"))
    sys.modules.pop(module)
    importlib.invalidate_caches()
    refused = command("optimize", "resume", "essay.yaml")
    assert "the source of metric has changed" in str(refused.exception)
    (place / "essay.optimize.sqlite").rename(place / "old.sqlite")
    assert command("optimize", "run", "essay.yaml").exit_code == 0


def test_a_metric_that_fails_now_and_then_goes_on(place, module, command, monkeypatch):
    monkeypatch.syspath_prepend(str(place))
    task = importlib.import_module(module)
    task.stop = -30
    told = command("optimize", "run", "essay.yaml")
    assert "fails now and then: llm-strategy optimize resume essay.yaml" in told.stderr
    task.stop = 0
    assert command("optimize", "resume", "essay.yaml").exit_code == 0


@pytest.mark.parametrize("again", ["run", "resume"])
def test_a_search_that_came_to_nothing_is_begun_when_its_file_is_mended(place, module, command, again):
    text = (place / "essay.yaml").read_text()
    (place / "essay.yaml").write_text("\n".join(line for line in text.split("\n") if "metric" not in line))
    assert isinstance(command("optimize", "run", "essay.yaml").exception, NoModelError)
    assert (place / "essay.optimize.sqlite").exists()
    told = command("optimize", "apply", "essay.yaml", "--to", "-")
    assert told.exit_code == 0, told.output
    assert "The search is not over" in told.stdout
    (place / "essay.yaml").write_text(text)
    told = command("optimize", again, "essay.yaml")
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("Answers: test score 0.")


def test_a_space_that_is_none_is_told_before_anything_is_called(place, module, command):
    text = (place / "essay.yaml").read_text()
    (place / "essay.yaml").write_text(f"{text}space: {{include: ['*:nothing']}}\n")
    error = command("optimize", "run", "essay.yaml").exception
    assert isinstance(error, ConfigurationError | HyperparameterError)
    assert "nothing" in str(error)
    assert sys.modules[module].calls == []
    assert not (place / "essay.optimize.sqlite").exists()


def test_a_report_is_sent_where_it_is_asked_for(place, module, command, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "disabled")
    told = command("optimize", "run", "essay.yaml", "--quiet", "--wandb", "essays")
    assert told.exit_code == 0, told.output
    assert "Weights & Biases, disabled" in told.stderr
