import json

import pytest

from llm_strategy.errors import InputError, StoredDataError
from llm_strategy.optimize.loop import LoopReport, optimize_hyperparameters


@pytest.fixture
def report(answers, essay):
    model, _ = answers(
        suggest_next_optimization_step=essay.suggested(
            task_parameters_suggestions=[{"name": "Rome"}], hypotheses=["too short"]
        )
    )

    def task(model, topic):
        if topic.name == "Rome":
            raise ValueError("\ud800 \u2028 no Rome")
        return essay.function(model, topic)

    return optimize_hyperparameters(
        model, model, task, [essay.parameters(name="Bees")], rounds=2, metric=lambda _, result: result == "good"
    )[1]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_report_is_read_out_of_its_json(report, indent):
    text = report.to_json(indent)
    again = LoopReport.from_json(text)
    assert again.to_json(indent) == text
    assert str(again) == str(report)
    assert again.missing == report.missing
    assert again.best_hyperparameters["write"]["instruction"] == "Write well."
    for name in ("score", "exception", "split", "usage", "return_value", "untrusted", "failed"):
        assert [getattr(run, name) for run in again.runs] == [getattr(run, name) for run in report.runs]
    assert [run.task_parameters["name"] for run in again.runs] == [run.task_parameters.name for run in report.runs]
    assert {run.split for run in again.runs} == {"train", "synthetic"}
    assert again.info.hypotheses == report.info.hypotheses
    assert again.optimizer_usage == report.optimizer_usage


def test_its_json_can_be_written_to_a_file(report, tmp_path):
    path = tmp_path / "report.json"
    path.write_text(report.to_json(), "utf-8")
    assert json.loads(path.read_text("utf-8"))["chosen_by"] == "metric"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 2}', "[" * 100_000])
def test_what_is_no_report_is_refused(text):
    with pytest.raises(StoredDataError, match=r"LoopReport\.from_json"):
        LoopReport.from_json(text)


def test_a_damaged_report_is_refused(report):
    data = json.loads(report.to_json())
    with pytest.raises(StoredDataError, match="reason"):
        LoopReport.from_json(json.dumps({**data, "reason": 3}))


def test_parameters_that_are_no_data_are_told(answers, essay):
    model, _ = answers()
    _, report = optimize_hyperparameters(
        model, model, lambda model, _: essay.function(model, essay.parameters(name="Bees")), [open], rounds=0
    )
    assert report.runs
    _, report = optimize_hyperparameters(
        model, model, lambda model, _: essay.function(model, essay.parameters(name="Bees")), [iter([1])], rounds=0
    )
    with pytest.raises(InputError, match="runs"):
        report.to_json()
