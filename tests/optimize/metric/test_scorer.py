"""Scoring runs by functions."""

import pytest

from llm_strategy import llm_function
from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.metric import Judge, Score, Subject, metric, scorer_of
from llm_strategy.testing import ScriptedModel


@llm_function
def grade(model, case: str, value: str) -> float:
    """Grade the value."""


class Length:
    def __call__(self, case, value):
        return len(value)


class Late:
    async def __call__(self, case, value):
        return 1.0


async def late(case, value):
    return 1.0


def wordy(case, value) -> str:
    return "good"


def given(value="Rome"):
    return Subject("Italy", "Italy", value, "val/1")


def test_a_function_is_called_with_the_case_and_the_value():
    scored = scorer_of(lambda case, value: Score(0.5, f"{case}: {value}")).score_run(given())
    assert scored.score == Score(0.5, "Italy: Rome")


def test_an_object_that_can_be_called_is_a_metric():
    assert scorer_of(Length()).score_run(given()).score.value == 4


def test_what_scores_runs_already_stays_as_it_is():
    judge = Judge("It is right.")
    assert scorer_of(judge) is judge


def test_an_llm_function_with_its_model_is_a_metric():
    bound = grade.bind(ScriptedModel(['{"return_value": 0.75}']))
    assert scorer_of(bound).score_run(given()).score.value == 0.75


def test_a_function_of_unknown_signature_is_tried():
    assert scorer_of(max).score_run(Subject(1, 1, 2)).score.value == 2


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (0.5, "The metric is 0.5. Give a function"),
        (grade, r"'grade' needs a model: give `grade.bind\(model\)`"),
        (late, "'late' is async"),
        (Late(), "'Late' is async"),
        (lambda case: 1.0, "called with two arguments, the case and the result"),
        (wordy, "'wordy' returns str"),
    ],
)
def test_what_cannot_score_is_refused_before_anything_is_paid(wrong, told):
    with pytest.raises(ConfigurationError, match=told):
        scorer_of(wrong)


@pytest.mark.parametrize(
    ("facts", "value", "told"),
    [
        ({"low": 0.0}, -0.5, r"gave -0\.5, and says that low=0\.0"),
        ({"perfect": 1.0}, 1.5, r"gave 1\.5, and says that perfect=1\.0 cannot be beaten"),
        ({}, -0.5, r"less than the 0\.0 of a task that fails.*failure=\.\.\."),
    ],
)
def test_a_score_beyond_what_was_said_is_told_with_its_case(facts, value, told):
    with pytest.raises(ConfigurationError, match=f"val/1.*{told}"):
        scorer_of(metric(**facts)(lambda case, result: value)).score_run(given())


@pytest.mark.parametrize(("facts", "value"), [({"low": 0.1 + 0.2}, 0.3), ({"perfect": 0.3}, 0.1 + 0.2)])
def test_rounding_is_not_beyond(facts, value):
    assert scorer_of(metric(**facts)(lambda case, result: value)).score_run(given()).score.value == value


def test_scores_below_that_of_a_failure_are_fine_where_that_was_said():
    assert scorer_of(metric(failure=0.0)(lambda case, value: -1.0)).score_run(given()).score.value == -1.0
