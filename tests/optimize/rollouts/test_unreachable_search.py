"""A whole search with a model that nobody can ask: it ends, keeps nothing of that, and goes on when it was mended."""

import pytest

from llm_strategy.errors import MissingKeyError, NoModelError, UnknownModelError, UnknownPriceError
from llm_strategy.function import llm_function
from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize import Budget, Case, optimize, search_space
from llm_strategy.optimize.metric import metric
from llm_strategy.optimize.store import OptimizationRecord
from llm_strategy.testing.scripted import ScriptedModel
from llm_strategy.tracing.prices import Price

BEST = "Say the mood."


@llm_function
def label(model, text: str) -> str:
    """Label the text."""


@track_hyperparameters
def which_model(*, _name: str = "good") -> str:
    return _name


@metric(deterministic=True, perfect=1.0)
def right(case, value):
    return value == case.expected


def answer(messages):
    return '"pos"' if "mood" in messages[0].content else '"?"'


@pytest.fixture
def task():
    """A task that asks the model of `task.model`; `task.asked` counts the calls."""

    def ask(text):
        ask.asked += 1
        ask.before(ask.asked)
        return label(ask.model, text)

    ask.asked, ask.model, ask.before = 0, ScriptedModel(answer), lambda asked: None
    return ask


@pytest.fixture
def searched(tmp_path):
    def run(task=label, name="run.db", **options):
        space = search_space(label, include=["*:instruction"])
        (path,) = space.seed
        options = {"budget": 60, "space": space, "pool": [{path: "Write nicely."}, {path: BEST}], **options}
        return optimize(
            task, [Case({"text": f"{n}"}, "pos") for n in range(16)], metric=right, store=tmp_path / name, **options
        )

    return run


@pytest.fixture(autouse=True)
def no_models(monkeypatch):
    for name in ("LLM_STRATEGY_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def rollouts_in(place):
    with OptimizationRecord(place) as record:
        return len(list(record.rollouts()))


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize(
    ("model", "kind"), [(None, NoModelError), ("nosuch", UnknownModelError), ("openai:gpt-4o-mini", MissingKeyError)]
)
def test_nothing_is_kept_and_the_same_call_goes_on(searched, task, tmp_path, workers, model, kind):
    works, task.model = task.model, model
    with pytest.raises(kind, match=r"could ask no model at val/.*the same call goes on"):
        searched(task, workers=workers)
    assert rollouts_in(tmp_path / "run.db") == 0

    task.model = works
    mended, anew = searched(task, workers=workers), searched(task, "anew.db")
    assert (mended.best, mended.members, mended.rollouts) == (anew.best, anew.members, anew.rollouts)
    assert mended.failed == 0


def test_a_budget_of_money_wants_prices_and_goes_on_with_them(searched, tmp_path):
    model = ScriptedModel(answer)
    with pytest.raises(UnknownPriceError, match=r"label could ask no model at .*register_price"):
        searched(budget=Budget(rollouts=60, usd=5), task_model=model)
    assert not model.asked
    assert rollouts_in(tmp_path / "run.db") == 0

    report = searched(
        budget=Budget(rollouts=60, usd=5), task_model=model, prices={"ScriptedModel": Price(input=0.01, output=0.01)}
    )
    assert BEST in report.best


def test_a_key_that_is_gone_later_is_no_reason_to_turn_a_candidate_away(searched, task):
    whole = searched(task, "whole.db")
    works, task.asked = task.model, 0

    def gone(asked):
        if asked == 20:  # the seed has been scored by now
            task.model = "openai:gpt-4o-mini"

    task.before = gone
    with pytest.raises(MissingKeyError):
        searched(task)
    task.before, task.model = lambda asked: None, works
    again = searched(task)
    assert (again.best, again.failed, again.members) == (whole.best, 0, whole.members)


def test_a_model_that_is_searched_may_be_one_that_is_not_there(searched):
    works = ScriptedModel(answer)
    space = search_space(which_model, label, include=["*:instruction"], bounds={"*:name": ["good", "nosuch"]})
    name, text = (space.leaf(one).path for one in ("*:name", "*:instruction"))

    def task(text):
        chosen = which_model()
        return label(works if chosen == "good" else chosen, text)

    pool = [{name: "nosuch"}, {text: BEST}]
    report = searched(task, space=space, pool=pool, budget=100)
    assert report.failed > 0
    assert BEST in report.best
    assert "UnknownModelError: Unknown model 'nosuch'" in report.cautions[0]
