"""What is left of the budget, counted in rollouts."""

from __future__ import annotations

import math

__all__ = ["Spending"]


class Spending:
    """What was spent, and what may be spent before the end has to begin.

    >>> spending = Spending(total=100, share=0.4)
    >>> spending.spend(30, left=0.7)
    >>> spending.room(), spending.room(keep=50)
    (70, 30)
    """

    def __init__(self, total: int | None, share: float) -> None:
        """Begin.

        Args:
            total: how many rollouts the budget allows, where that is known.
            share: the share of it that may be kept for the end.
        """
        self.spent = 0
        self.left = 1.0
        self.over = False
        self._total = total
        self._share = share

    def spend(self, rollouts: int, left: float) -> None:
        """Take note of what an answer has cost."""
        self.spent += rollouts
        self.left = min(self.left, left)
        self.over = self.over or left <= 0

    @property
    def total(self) -> float:
        """How many rollouts the budget seems to allow: what was told, or what the share that is left says, if less."""
        known = math.inf if self._total is None else float(self._total)
        if self.left >= 1 or self.spent == 0:
            return known
        return min(known, self.spent / (1 - self.left))

    def room(self, keep: int = 0) -> int | float:
        """Return how many rollouts may be asked for if some are kept for the end; infinity where nothing is known."""
        if self.over:
            return 0
        total = self.total
        if math.isinf(total):
            return total
        return max(0, math.floor(total - self.spent - min(keep, self._share * total) + 1e-6))
