"""Errors of runs of many calls: their budget, their journal, the processes that work for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.errors.root import LLMStrategyError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BudgetExceededError",
    "JournalError",
    "ProgramChangedError",
    "WorkerLostError",
]


class BudgetExceededError(LLMStrategyError):
    """The next request would cost more than is left of a budget: it was not sent."""

    def __init__(self, message: str, *, limit: str = "", results: Sequence[object] = ()) -> None:
        self.limit = limit
        """What is used up: `calls`, `tokens`, `dollars` or `seconds`."""
        self.results = tuple(results)
        """What was finished before, where the budget ended flows that ran side by side."""
        self.reply: object = None
        """The reply, where it was cut off because nothing more was left for it: it was paid for."""
        super().__init__(message)


class JournalError(LLMStrategyError):
    """A journal cannot be used."""


class ProgramChangedError(JournalError):
    """The program asks something else at a step than it did when the journal was written."""


class WorkerLostError(LLMStrategyError):
    """The process of a cluster that worked on an item has died, as often as it was begun anew."""
