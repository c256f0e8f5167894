"""A model that nobody can ask: no candidate is judged by that, unless it may have chosen the model itself."""

import pickle

import pytest

from llm_strategy import ThreadExecutor, budget
from llm_strategy.errors import (
    ConfigurationError,
    InputError,
    MissingExtraError,
    MissingKeyError,
    ModelFileMissingError,
    NoModelError,
    UnknownModelError,
    UnknownPriceError,
    UnsupportedError,
)
from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize.rollouts import Rollouts, Runner
from llm_strategy.optimize.rollouts.unreachable import may_choose_model, unreachable_in
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.space import search_space
from llm_strategy.testing import ScriptedModel


@pytest.fixture(autouse=True)
def no_models(monkeypatch):
    for name in ("LLM_STRATEGY_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@track_hyperparameters
def which_model(*, _name: str = "good", _words: int = 5) -> str:
    return _name


def asking(lab, name):
    """A task that asks a model of that name."""

    def plain(country):
        return lab.capital(name, country)

    async def later(country):
        return lab.capital(name, country)

    def wrapped(country):
        try:
            return lab.capital(name, country)
        except Exception as error:
            raise RuntimeError("the capital is not known") from error

    def grouped(country):
        try:
            return lab.capital(name, country)
        except ConfigurationError as error:
            raise ExceptionGroup("all of them failed", [ValueError("no"), error]) from None

    return {"plain": plain, "async": later, "wrapped": wrapped, "grouped": grouped}


@pytest.mark.parametrize("form", ["plain", "async", "wrapped", "grouped"])
@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        (None, NoModelError, "No model: pass one"),
        ("nosuch", UnknownModelError, "Unknown model 'nosuch'"),
        ("openai:gpt-4o-mini", MissingKeyError, "set OPENAI_API_KEY"),
    ],
)
def test_a_model_that_cannot_be_asked_ends_the_run_and_says_where(lab, form, name, kind, said):
    with pytest.raises(kind) as caught:
        lab.run(asking(lab, name)[form])
    told = str(caught.value)
    assert told.startswith(
        f"The task asking.<locals>.{asking(lab, name)[form].__name__} could ask no model at val/Italy"
    )
    assert f"(candidate {lab.seed.key}): {kind.__name__}: " in told
    assert said in told
    assert told.endswith("Nothing of this run is kept: mend that, and the same call goes on.")


def test_so_does_a_budget_of_money_where_the_price_is_not_known(lab):
    with budget(dollars=1), pytest.raises(UnknownPriceError, match=r"at val/Italy .*register_price"):
        lab.run()
    assert not lab.model.asked


def test_a_model_given_to_the_search_is_told_of_alike(lab):
    with pytest.raises(UnknownModelError, match=r"capital could ask no model at val/Italy"):
        lab.run(task_model="nosuch")


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize("executor", [None, ThreadExecutor()], ids=["here", "executor"])
def test_no_candidate_is_judged_by_it_with_any_number_of_workers(lab, workers, executor):
    rollouts = lab.rollouts(asking(lab, "nosuch")["async"], workers=workers, executor=executor)
    for orders in (lab.all(), [lab.order("France", lab.better)]):
        with pytest.raises(UnknownModelError, match="could ask no model"):
            list(rollouts.as_completed(orders, lab.candidates))


def test_what_others_gave_is_kept(lab):
    def task(model, country):
        return lab.capital(None if country == "Spain" else model, country)

    got = []
    with pytest.raises(NoModelError, match="val/Spain"):
        got.extend(lab.rollouts(task)([lab.order(one) for one in ("Italy", "France", "Spain")], [lab.seed]))
    assert [one.order.case for one, _ in got] == ["Italy", "France"]


@pytest.mark.parametrize("workers", [1, 8])
def test_a_candidate_that_may_have_chosen_the_model_has_failed(lab, workers):
    space = search_space(which_model, lab.capital, include=["which_model:name", "capital:instruction"])
    name, text = (space.leaf(one).path for one in ("which_model:name", "capital:instruction"))
    seed = Candidate(0, space.seed)
    other, better = (Candidate(1, {**space.seed, name: "nosuch"}), Candidate(2, {**space.seed, text: "Be right."}))

    def task(country):
        chosen = which_model()
        return lab.capital(lab.model if chosen == "good" else chosen, country)

    rollouts = Rollouts(Runner(task, space, lab.data, lab.exact), workers=workers)
    orders = [lab.order("Italy", one) for one in (seed, other, better)]
    outcomes = [one for one, _ in rollouts(orders, [seed, other, better])]
    assert [one.score for one in outcomes] == [1.0, 0.0, 1.0]
    assert outcomes[1].error.startswith("UnknownModelError: Unknown model 'nosuch'")
    assert [may_choose_model(space, one.values) for one in (seed, other, better)] == [False, True, False]


def test_whether_a_candidate_may_have_chosen_travels_to_workers(lab):
    runner = lab.runner()
    scope = lab.space.scope(lab.seed.values)
    for chooses in (False, True):
        work = runner.work(lab.order(), scope, chooses=chooses)
        assert pickle.loads(pickle.dumps(work)).chooses is chooses


@pytest.mark.parametrize(
    "error",
    [
        InputError("it cannot be shown"),
        ConfigurationError("limit=-1 would never begin"),
        UnsupportedError("no grammar"),
        MissingExtraError("planner", "Drawing"),
        ValueError("no"),
    ],
)
def test_whatever_else_is_set_up_wrongly_is_data(lab, error):
    def task(country):
        raise error

    assert lab.run(task)[0].error.startswith(type(error).__name__)


@pytest.mark.parametrize(
    "error", [MissingExtraError("local", "The embedded model"), ModelFileMissingError("no file at /m.gguf")]
)
def test_an_embedded_model_that_is_not_there_ends_the_run(lab, error):
    def task(country):
        raise error

    with pytest.raises(ConfigurationError, match=f"could ask no model at .*{type(error).__name__}: "):
        lab.run(task)


def test_a_task_that_does_without_the_model_has_its_result(lab):
    def task(country):
        try:
            return lab.capital(None, country)
        except NoModelError:
            return "Rome"

    assert lab.run(task)[0].score == 1.0


def test_errors_that_name_each_other_are_looked_at_once():
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert unreachable_in(one) is None


def test_secrets_are_left_out_of_what_is_said(lab, monkeypatch):
    monkeypatch.setenv("SERVICE_API_KEY", "k3y-of-mine-7421")

    def task(country):
        raise UnknownModelError("'k3y-of-mine-7421' is no model.")

    with pytest.raises(UnknownModelError) as caught:
        lab.run(task)
    assert "7421" not in str(caught.value)


def test_the_same_call_goes_on_when_it_was_mended(lab):
    runner = lab.runner(task_model=None)
    with pytest.raises(NoModelError):
        runner(lab.order(), lab.seed.values)
    assert lab.runner(task_model=ScriptedModel(['"Rome"']))(lab.order(), lab.seed.values)[0].score == 1.0
