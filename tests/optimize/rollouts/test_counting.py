"""Counting what a run costs."""

import pytest

from llm_strategy import budget, llm_function
from llm_strategy.errors import BudgetExceededError
from llm_strategy.executors.packing import Kept, packed
from llm_strategy.flow import layered
from llm_strategy.flow.layers import own_layers
from llm_strategy.flow.waiting import Sleep
from llm_strategy.optimize.rollouts.counting import Counting
from llm_strategy.optimize.search.orders import Usage
from llm_strategy.testing import ScriptedModel


@llm_function
def capital(model, country: str) -> str:
    """The capital of a country."""


def test_what_asks_nothing_costs_nothing():
    counting = Counting()
    with layered(counting):
        pass
    assert counting.usage(2.0) == Usage(seconds=2.0)
    assert counting.refusal is None


def test_requests_are_counted_as_a_budget_counts_them():
    counting = Counting()
    with budget(calls=5) as spent, layered(counting):
        capital(ScriptedModel(['"Rome"', '"Rome"']), "Italy")
    used = counting.usage(0.0)
    assert (used.calls, used.tokens, used.dollars) == (spent.calls, spent.tokens, spent.dollars)
    assert used.calls == 1


def test_a_refusal_of_a_budget_around_it_is_noted_and_one_inside_is_not():
    model = ScriptedModel(['"Rome"'])
    with budget(calls=0):
        counting = Counting()
        with layered(counting), pytest.raises(BudgetExceededError) as refused:
            capital(model, "Italy")
    assert counting.refusal is refused.value
    counting = Counting()
    with layered(counting), budget(calls=0), pytest.raises(BudgetExceededError):
        capital(model, "Italy")
    assert counting.refusal is None


def test_other_requests_pass_and_open_no_books():
    counting = Counting()
    flow = counting(Sleep(0), (), lambda request: iter([request]))
    assert next(flow) == Sleep(0)
    assert counting.usage(0.0) == Usage()


def test_in_a_worker_elsewhere_it_stands_for_the_books_here():
    pytest.importorskip("ray")
    kept = Kept()
    with budget(calls=1), layered(Counting()):
        (counting, *_) = own_layers()
        packed(counting, kept)
    assert len(kept) == 2, "the books of the run, and those of the budget around it"
    assert counting.usage(3.0) == Usage(seconds=3.0)
