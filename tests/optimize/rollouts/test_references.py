"""Judges that compare results with what the seed gives at the same case."""

import json

import pytest

from llm_strategy.optimize.metric import Judge
from llm_strategy.optimize.search.orders import Order
from llm_strategy.testing import ScriptedModel

CITIES = ("Rome", "Paris", "Madrid")


def prefers(*right):
    """A judge's model that prefers the right cities, wherever they stand."""

    def compared(messages):
        asked = str(messages[-1].content)
        first, second = asked.index("\nfirst:"), asked.index("\nsecond:")
        found = [any(city in part for city in right) for part in (asked[first:second], asked[second:])]
        which = "neither" if found[0] == found[1] else "first" if found[0] else "second"
        return json.dumps({"reasons": "so", "better": which})

    return ScriptedModel(compared)


@pytest.fixture
def judge():
    return Judge("It is right.", prefers("Paris", "Madrid"), pairwise=True)


class Book:
    """Keeps records by the keys of their orders."""

    def __init__(self):
        self.records = {}

    def run(self, key):
        return self.records.get(key)


@pytest.mark.parametrize("workers", [1, 4])
def test_the_seed_is_run_first_and_each_result_is_compared_with_its_own(lab, judge, workers):
    orders = [*reversed(lab.all()), lab.order("France", repeat=1)]
    outcomes = list(lab.rollouts(metric=judge, workers=workers)(orders, lab.candidates))
    assert [one.order for one, _ in outcomes] == orders
    scores = {(one.order.candidate, one.order.case, one.order.repeat): one.score for one, _ in outcomes}
    better, seed = lab.better.key, lab.seed.key
    assert {case: scores[better, case, 0] for case in ("Italy", "France", "Spain")} == {
        "Italy": 0.5,
        "France": 1.0,
        "Spain": 1.0,
    }
    assert {value for (candidate, *_), value in scores.items() if candidate == seed} == {0.5}
    assert [one.usage.calls for one, _ in outcomes] == [1] * 7
    assert sum(one.scoring.calls for one, _ in outcomes) == 4


def test_where_nobody_asked_for_the_seed_the_first_run_pays_for_it(lab, judge):
    orders = [lab.order("France", lab.better, repeat=repeat) for repeat in range(2)]
    rollouts = lab.rollouts(metric=judge)
    outcomes = list(rollouts(orders, lab.candidates))
    assert [(one.score, one.usage.calls) for one, _ in outcomes] == [(1.0, 2), (1.0, 1)]
    again = list(rollouts([lab.order("France", lab.better, repeat=2)], lab.candidates))
    assert again[0][0].usage.calls == 1


def test_what_is_kept_of_the_seed_is_used_again(lab, judge):
    book = Book()
    known = {"result": "Madrid", "exception": []}
    book.records[Order(lab.seed.key, "val", "France").key] = known
    (outcome,) = lab.rollouts(metric=judge, runs=book)([lab.order("France", lab.better)], lab.candidates)
    assert (outcome[0].score, outcome[0].usage.calls) == (0.5, 1)


def test_where_the_seed_fails_any_result_is_better(lab, judge):
    def task(model, parameters):
        city = lab.capital(model, parameters)
        if city == "Rome":
            raise ValueError("I do not know.")
        return city

    orders = [lab.order("France", one) for one in lab.candidates]
    seed, better = (one for one, _ in lab.rollouts(task, judge)(orders, lab.candidates))
    assert (seed.score, seed.error, better.score) == (0.0, "ValueError: I do not know.", 1.0)


def test_they_come_in_order_as_they_are_compared(lab, judge):
    rollouts = lab.rollouts(metric=judge, workers=2)
    outcomes = list(rollouts.as_completed(lab.all(), lab.candidates))
    assert [one.order for one, _ in outcomes] == lab.all()
