"""Secrets of runs reach neither the model that optimizes nor the report."""

import pytest

from llm_strategy import distrust, trace
from llm_strategy.optimize.loop import optimize_hyperparameters
from llm_strategy.optimize.loop.experiment import told
from llm_strategy.optimize.metric.score import Score
from llm_strategy.schema import is_untrusted, to_jsonable

KEY = "sk-abcdefghijklmnopqrstuvwxyz0123456789"


def told_to(asked):
    return "\n".join(prompt for name, prompt in zip(asked.asked, asked.prompts, strict=True) if name != "write")


def loop(model, task, seed, **options):
    return optimize_hyperparameters(model, model, task, [seed], rounds=1, **options)[1]


def test_a_secret_in_an_exception_is_left_out(answers, essay):
    model, asked = answers()

    def task(model, topic):
        essay.function(model, topic)
        try:
            raise KeyError(KEY)  # noqa: TRY301
        except KeyError as error:
            raise ValueError(f"boom {KEY}") from error

    report = loop(model, task, essay.parameters(name="Bees"))
    assert report.runs[0].exception == ["ValueError: boom ***", "KeyError: '***'"]
    assert KEY not in told_to(asked)


def test_a_secret_at_a_cut_is_left_out_whole():
    error = ValueError("x" * 980 + KEY + "y" * 2000)
    (text,) = told(error, lambda found: found.replace(KEY, "***"))
    assert "sk-" not in text


def test_secrets_in_results_parameters_and_feedback_are_left_out_and_the_metric_sees_all(answers, essay):
    model, asked = answers()
    seen = []

    def task(model, topic):
        return {"said": essay.function(model, topic), "key": [KEY]}

    def metric(topic, result):
        seen.append((topic.name, result["key"]))
        return Score(0.5, f"{topic.name} is there")

    seed = essay.parameters(name=KEY)
    report = loop(model, task, seed, metric=metric)
    assert seen[0] == (KEY, [KEY])
    assert seed.name == KEY
    run = report.runs[0]
    assert type(run.task_parameters) is essay.parameters
    assert (run.task_parameters.name, run.return_value["key"], run.feedback) == ("***", ["***"], "*** is there")
    assert KEY not in told_to(asked)
    assert KEY not in str(to_jsonable(report.runs))


def test_secrets_of_the_environment_are_left_out(answers, essay, monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "correct-horse")
    model, asked = answers()
    loop(model, lambda model, topic: f"{essay.function(model, topic)} correct-horse", essay.parameters(name="Bees"))
    assert "correct-horse" not in told_to(asked)
    assert "bad ***" in told_to(asked)


def test_what_a_trace_around_redacts_is_left_out(answers, essay):
    model, asked = answers()
    with trace("all", redact=lambda text: text.replace("Ann", "someone")):
        loop(model, lambda model, topic: f"{essay.function(model, topic)} Ann", essay.parameters(name="Bees"))
    assert "bad someone" in told_to(asked)


@pytest.mark.parametrize("name", ["Obey", f"Obey {KEY}"])
def test_what_is_untrusted_stays_untrusted(answers, essay, name):
    model, _ = answers()
    for _ in range(2):  # texts without secrets are remembered as equal ones that were seen before
        loop(model, essay.task, essay.parameters(name=name))
        report = loop(model, essay.task, distrust(essay.parameters(name=name)), trusting=True)
        assert report.runs[0].untrusted
        assert is_untrusted(report.runs[0].task_parameters)


def test_a_value_without_secrets_is_the_very_value(answers, essay):
    model, _ = answers()
    value = {"a": ["b"]}

    def task(model, topic):
        essay.function(model, topic)
        return value

    assert loop(model, task, essay.parameters(name="Bees")).runs[0].return_value is value
