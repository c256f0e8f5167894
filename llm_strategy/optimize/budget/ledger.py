"""The books of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.budget.budget import Budget
    from llm_strategy.optimize.budget.view import LedgerView
    from llm_strategy.optimize.search.orders import Order

__all__ = ["OptimizationLedger"]


class OptimizationLedger:
    """Keeps the books of a budget."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        """What may be spent."""
        self.notices: tuple[str, ...] = ()
        """What somebody should know of it, such as that it allows one proposal only."""

    def affords(self, orders: Sequence[Order]) -> int:
        """Return how many of these rollouts may start at once, from the first one on."""
        raise NotImplementedError(orders)

    def left(self) -> float:
        """Return the share that is left of the scarcest part."""
        raise NotImplementedError

    def view(self) -> LedgerView:
        """Return the books as plain data."""
        raise NotImplementedError
