"""What is known before a search begins, and what is said where a search cannot go on."""

import pytest
from pydantic import Field

from llm_strategy.errors import ConfigurationError, NoModelError, StoredDataError, UnknownModelError
from llm_strategy.function import llm_function
from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize import Budget, Case, Judge, LLMProposerSettings, optimize, search_space
from llm_strategy.optimize.events import Warned
from llm_strategy.optimize.giving_up import GivingUp, calls_allowed
from llm_strategy.optimize.metric import metric
from llm_strategy.optimize.search.requests import Note
from llm_strategy.testing.scripted import ScriptedModel

BEST = "Say the mood."


@llm_function
def label(model, text: str) -> str:
    """Label the text."""


@metric(deterministic=True, perfect=1.0)
def right(case, value):
    return value == case.expected


@metric(deterministic=True)
def near(case, value):
    return 1 - abs(case.expected - value)


def answer(messages):
    return '"pos"' if "mood" in messages[0].content else '"?"'


def cases(count=30):
    return [Case({"text": f"text {n}"}, "pos") for n in range(count)]


@pytest.fixture
def optimized():
    def run(task=label, data=None, **options):
        options.setdefault("metric", right)
        options.setdefault("budget", 60)
        options.setdefault("model", ScriptedModel(lambda _messages: BEST))
        options.setdefault("task_model", ScriptedModel(answer))
        options.setdefault("proposing", LLMProposerSettings(mode="plain"))
        return optimize(task, cases() if data is None else data, **options)

    return run


@pytest.mark.parametrize("engine", ["optuna", "random"])
def test_an_engine_that_draws_is_refused_where_there_is_nothing_to_draw(optimized, engine):
    asked = ScriptedModel(answer)
    with pytest.raises(ConfigurationError, match="it draws numbers, switches and choices, and the space has none"):
        optimized(engine=engine, task_model=asked)
    assert not asked.asked


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, r"a model is to propose better values, and there is none\. Pass model="),
        (
            {"metric": None, "pool": [{"label:instruction": BEST}]},
            r"a model is to grade runs.*Pass metric=\.\.\., or model=",
        ),
        (
            {"metric": None, "judge": Judge("mood"), "pool": [{"label:instruction": BEST}]},
            r"Judge.*the judge has no model",
        ),
    ],
)
def test_a_model_that_is_missing_is_found_before_the_task_is_paid_for(optimized, monkeypatch, options, said):
    monkeypatch.delenv("LLM_STRATEGY_MODEL", raising=False)
    asked = ScriptedModel(answer)
    with pytest.raises(NoModelError, match=said):
        optimized(model=None, task_model=asked, **options)
    assert not asked.asked


def test_a_name_that_is_no_model_of_the_task_is_found_before_anything_is_written(optimized, tmp_path):
    with pytest.raises(UnknownModelError, match="nosuch"):
        optimized(task_model="nosuch", store=tmp_path / "run.db")
    optimized(store=tmp_path / "run.db", budget=30)


def test_another_source_of_a_searched_function_is_told(optimized, tmp_path):
    first, second = (_shaped(width) for width in (0.01, 0.02))

    def run(function):
        space = search_space(function)
        options = {"metric": near, "space": space, "proposing": LLMProposerSettings(), "store": tmp_path / "r.db"}
        return optimized(lambda number: function(number), numbers(), **options)  # noqa: PLW0108 (the task calls it)

    run(first)
    with pytest.raises(StoredDataError, match=r"the source of .*shape has changed"):
        run(second)


def _shaped(width):
    @track_hyperparameters
    def shape(number: float, *, _digits: int = Field(0, ge=0, le=6)) -> float:
        return round(number + width, _digits)

    return shape


def numbers():
    return [Case(number / 64, number / 64) for number in range(1, 40)]


def test_a_model_that_gives_nothing_of_use_is_asked_no_more(optimized):
    asked, told = ScriptedModel(lambda _messages: "{}"), []
    report = optimized(model=asked, proposing=LLMProposerSettings(), budget=60, watch=told.append)
    assert len(asked.asked) < 100
    assert report.reason.startswith("no proposal of use came")
    assert not any("The budget ended" in told for told in report.cautions)
    assert any("'llm' was asked no more" in caution for caution in report.cautions)
    assert any(isinstance(one, Warned) and "'llm' was asked no more" in one.message for one in told)
    assert report.verdict == "The seed is returned: nothing else was tried."


def test_a_model_that_says_the_same_again_and_again_is_asked_no_more(optimized):
    asked = ScriptedModel(lambda _messages: "Write nicely.")
    report = optimized(model=asked, budget=200)
    assert len(asked.asked) < 40
    assert report.reason.startswith("no proposal of use came")


def test_what_was_given_up_is_given_up_again_where_the_run_goes_on(optimized, tmp_path):
    asked = ScriptedModel(lambda _messages: "Write nicely.")
    first = optimized(model=asked, store=tmp_path / "r.db")
    count = len(asked.asked)
    again = optimized(model=asked, store=tmp_path / "r.db")
    assert len(asked.asked) == count
    assert (again.reason, again.cautions, again.members) == (first.reason, first.cautions, first.members)


@pytest.mark.parametrize("budget", [0, 2, Budget(seconds=0)])
def test_a_budget_that_is_too_small_to_begin_is_refused(optimized, budget):
    asked = ScriptedModel(answer)
    with pytest.raises(ConfigurationError, match="too small to score what the search begins with"):
        optimized(budget=budget, task_model=asked)
    assert not asked.asked


def test_runs_that_failed_are_counted_with_an_example(optimized):
    told = []

    def failing(text):
        raise ValueError("no " + "such label")

    space = search_space(label, include=["*:instruction"])
    report = optimized(failing, space=space, watch=told.append)
    assert report.failed == report.rollouts > 0
    assert report.cautions[0] == f"{report.rollouts} of {report.rollouts} rollouts failed: ValueError: no such label"
    warned = [one.message for one in told if isinstance(one, Warned)]
    assert sum("rollouts failed: ValueError: no such label" in one for one in warned) == 1


def test_a_budget_of_rollouts_alone_limits_what_proposals_cost(optimized):
    asked = ScriptedModel(lambda _messages: f"Write text {len(asked.asked)}.")
    report = optimized(model=asked, budget=30, settings={"minibatch": 1}, data=cases(10))
    assert len(asked.asked) <= 100

    giving_up = GivingUp(calls_allowed({"rollouts": 20}))
    for number in range(50):
        assert giving_up.on("llm") is None
        giving_up.asked("llm", calls=2)
        giving_up.heard(Note("candidate", {"proposer": "llm", "number": number}))
    assert "proposals took 100 calls" in giving_up.on("llm")
    assert giving_up.on("local") is None
    assert report.rollouts <= 30


def test_a_budget_that_ends_while_the_seed_is_scored_is_told_in_the_report(optimized):
    report = optimized(budget=Budget(task_calls=2))
    assert (report.rollouts, report.verdict) == (2, "The seed is returned: nothing else was tried.")
    assert report.cautions[0].startswith("The budget ended while the seed was scored, after 2 of")
