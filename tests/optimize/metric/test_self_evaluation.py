"""What the optimizer thinks of runs, where nobody measures them."""

import json

import pytest

from llm_strategy import Hyperparameters
from llm_strategy.errors import InputError
from llm_strategy.optimize.loop.llm_optimizer import LLMOptimizer
from llm_strategy.optimize.metric import SelfEvaluation, Subject
from llm_strategy.testing import ScriptedModel


def reflection(grade):
    words = ("feedback", "evaluation", "hyperparameter_suggestion", "hyperparameter_missing", "hypothesis")
    return json.dumps({**{word: f"the {word}" for word in words}, "grade": grade})


def graded(grade):
    return json.dumps({"verdict": "so", "grade": grade})


@pytest.fixture
def subject():
    record = {
        "parameters": "Italy",
        "result": "Rome",
        "chats": [{"function": "f", "turns": [{"role": "user", "content": "Where?"}], "failed": False}],
        "exception": [],
        "expected": None,
        "feedback": "",
        "score": 0.0,
        "usage": {"calls": 1, "tokens": 2, "dollars": None},
        "seed": 1,
        "split": "train",
        "candidate": "abc",
        "untrusted": False,
    }
    scope = Hyperparameters()
    scope[LLMOptimizer.grade_task_run].instruction = "Anything of the candidate's."
    return Subject("Italy", "Italy", "Rome", record=record, scope=scope)


def test_the_grade_of_the_reflection_is_the_score(subject):
    model = ScriptedModel([reflection(0.5)])
    scored = SelfEvaluation(model).score_run(subject)
    assert (scored.score.value, scored.score.feedback) == (0.5, "the evaluation")
    assert scored.notes["reflection"]["hypothesis"] == "the hypothesis"
    asked = str(model.asked[0][-1].content)
    assert "Anything of the candidate's." in asked
    assert "Where?" in asked
    assert "score: 0" not in asked


def test_a_reflection_without_a_grade_is_followed_by_the_question_for_one(subject):
    model = ScriptedModel([reflection(None), graded(0.25)])
    assert SelfEvaluation(model).score_run(subject).score.value == 0.25
    assert "Anything of the candidate's." not in str(model.asked[1][0].content)


def test_a_run_that_cannot_be_graded_is_worth_nothing_and_that_is_said(subject):
    scored = SelfEvaluation(ScriptedModel(lambda _: "hm")).score_run(subject)
    assert (scored.score.value, scored.score.feedback[:28]) == (0.0, "The run could not be graded:")
    assert "AttemptsExhaustedError" in scored.notes["error"]


def test_a_result_alone_is_nothing_to_reflect_on():
    with pytest.raises(InputError, match="Use a Judge"):
        SelfEvaluation().score_run(Subject("Italy", "Italy", "Rome"))


def test_it_says_that_nobody_measured():
    assert SelfEvaluation().self_evaluated
    assert (SelfEvaluation().facts.failing, SelfEvaluation().facts.perfect) == (0.0, 1.0)
