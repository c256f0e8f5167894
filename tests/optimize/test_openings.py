"""The cases that judge the gain are opened once; who opens them again has to show more, and the report says so."""

import pytest
from pydantic import Field

from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize import Case, SearchSettings, optimize
from llm_strategy.optimize.metric import metric
from llm_strategy.optimize.openings import OPENINGS, Openings, counting_openings
from llm_strategy.optimize.report.report import OptimizationReport
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.gain import gain_of
from llm_strategy.optimize.search.orders import Order, Rollout
from llm_strategy.optimize.search.outcome import SearchOutcome
from llm_strategy.optimize.search.requests import Evaluate, Evaluated, Note
from llm_strategy.optimize.search.setup import SearchSetup
from llm_strategy.optimize.store import OptimizationRecord, OptimizationStore
from llm_strategy.optimize.streams import stream

SEED = Candidate(0, {"x": 0.5})
CASES = [str(number) for number in range(10)]
LITTLE = [0.1, 0.2, 0.1, 0.2, 0.1, 0.1, -0.02, 0.1, 0.1, 0.1]
"""Differences that are a gain at 95 %, and none at 99.9 %."""


def setup_of(**settings):
    return SearchSetup(SEED.values, (), ("v",), tuple(CASES), settings=SearchSettings(**settings))


def judging(number, setup, count=10):
    """Note something, open the test for a candidate, and end as a search ends."""
    child = Candidate(number, {"x": float(number)}, (0,))
    yield Note("winner", {"number": number})
    orders = [Order(key, "test", case) for case in CASES[:count] for key in (SEED.key, child.key)]
    answer = yield Evaluate(tuple(orders), "test", (SEED, child))
    differences = [answer.rollouts[2 * one + 1].score - answer.rollouts[2 * one].score for one in range(count)]
    gain = gain_of(differences, split="test", confidence=0.95, resamples=2000, draws=stream(setup.random_seed, "gain"))
    told = f"budget; the gain is {gain.low:+.3f} to {gain.high:+.3f} at 95% on test"
    best = child if gain.is_real else SEED
    end = "" if gain.is_real else ", so the seed is given back"
    return SearchOutcome(best, child, SEED, (), gain, told + end)


def carried_out(store, number, differences=LITTLE, setup=None, **options):
    setup, openings = setup or setup_of(), Openings(store)
    steps = counting_openings(judging(number, setup, **options), setup, openings)
    request, reply = next(steps), None
    while True:
        if isinstance(request, Evaluate):
            scores = {(SEED.key, case): 0.5 for case in CASES}
            reply = Evaluated(
                tuple(
                    Rollout(one, scores.get((one.candidate, one.case), 0.5 + differences[int(one.case)]))
                    for one in request.orders
                )
            )
        try:
            request = steps.send(reply)
        except StopIteration as end:
            return end.value, openings
        reply = None


@pytest.fixture
def store():
    with OptimizationStore() as one:
        yield one


def test_the_first_opening_is_as_it_is(store):
    found, openings = carried_out(store, 1)
    assert (found.gain.confidence, found.best.number, openings.before) == (0.95, 1, 0)
    assert found.reason.endswith("at 95% on test")


def test_a_later_opening_has_a_wider_interval(store):
    first, _ = carried_out(store, 1)
    second, openings = carried_out(store, 2)
    assert openings.before == 1
    assert second.gain.confidence == pytest.approx(0.975)
    assert second.gain.mean == first.gain.mean
    assert second.gain.low < first.gain.low
    assert second.gain.high >= first.gain.high
    assert "at 97.5% on test, which was opened 2 times" in second.reason


def test_the_same_candidate_at_the_same_cases_is_no_other_opening(store):
    first, _ = carried_out(store, 1)
    again, openings = carried_out(store, 1)
    assert (again, openings.before) == (first, 0)


def test_the_same_candidate_at_more_cases_is_another_opening(store):
    carried_out(store, 1, count=5)
    _, openings = carried_out(store, 1)
    assert openings.before == 1


@pytest.mark.parametrize("guard", [True, False])
def test_a_gain_that_is_none_any_more_gives_the_seed_back(store, guard):
    store.set(OPENINGS, [[f"other {number}", 10] for number in range(99)])
    found, _ = carried_out(
        store, 1, [0.3, 0.3, 0.3, 0.1, -0.06, 0.1, -0.06, 0.1, 0.2, 0.1], setup=setup_of(guard=guard)
    )
    assert not found.gain.is_real
    assert found.best.number == (0 if guard else 1)
    assert found.reason.startswith("budget; the gain is ")
    assert found.reason.endswith("so the seed is given back" if guard else "nothing guards against a loss")


def test_what_was_no_gain_stays_none(store):
    store.set(OPENINGS, [["other", 10]])
    found, _ = carried_out(store, 1, [0.1, -0.1] * 5)
    assert (found.best, found.gain.confidence) == (SEED, 0.975)
    assert found.reason.endswith("opened 2 times, so the seed is given back")


def test_a_search_that_is_closed_before_its_end_is_closed(store):
    closed = []

    def search():
        try:
            yield Note("begun")
        finally:
            closed.append(True)

    steps = counting_openings(search(), setup_of(), Openings(store))
    next(steps)
    steps.close()
    assert closed == [True]


@track_hyperparameters
def rounded(number: float, *, _digits: int = Field(0, ge=0, le=6), _off: float = Field(0.3, ge=0, le=1)) -> float:
    return round(number, _digits) + _off


@metric(deterministic=True)
def near(case, value):
    return max(0.0, 1 - abs(case.expected - value))


def test_the_report_of_a_run_with_a_raised_budget_says_that_the_test_was_opened_before(tmp_path):
    data, place = [Case(number / 64, number / 64) for number in range(1, 90)], tmp_path / "run.db"
    reports = [
        optimize(rounded, data, metric=near, budget=budget, store=place, engine="random") for budget in (110, 150, 260)
    ]
    with OptimizationRecord(place) as record:
        openings = record.get(OPENINGS)
    assert reports[0].judged_before == 0
    assert reports[-1].judged_before == len(openings) - 1 > 0
    assert reports[-1].gain.confidence == pytest.approx(1 - 0.05 / len(openings))
    said = [caution for caution in reports[-1].cautions if "opened" in caution]
    assert len(said) == 1
    assert said[0] in str(reports[-1])
    assert f"{100 - 5 / len(openings):.4g} % interval" in str(reports[-1])
    assert not [caution for caution in reports[0].cautions if "opened" in caution]
    assert OptimizationReport.model_validate_json(reports[-1].model_dump_json()) == reports[-1]
    again = optimize(rounded, data, metric=near, budget=260, store=place, engine="random")
    assert (again.gain, again.judged_before) == (reports[-1].gain, reports[-1].judged_before)
