"""Whoever watches a search is no part of it."""

import pytest

from llm_strategy.optimize.budget import Budget, OptimizationLedger
from llm_strategy.optimize.driving import drive
from llm_strategy.optimize.events import Noted
from llm_strategy.optimize.search.requests import Note
from llm_strategy.optimize.store import OptimizationStore


def test_what_a_watcher_raises_is_not_taken_for_the_end_of_the_search():
    def search():
        yield Note("front", {"numbers": [0]})
        yield Note("front", {"numbers": [1]})

    def watch(event):
        if isinstance(event, Noted):
            next(iter([]))

    with OptimizationStore() as store, pytest.raises(StopIteration):
        drive(search(), store, None, {}, OptimizationLedger(Budget(rollouts=5)), watch=watch)
