"""The books of a budget at one moment, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm_strategy.optimize.budget.budget import Budget

__all__ = ["LedgerView", "LineView"]


@dataclass(frozen=True, slots=True)
class LineView:
    """What was spent on one line of the books."""

    calls: int = 0
    """Requests to models."""
    tokens: int = 0
    """Tokens of prompts and replies."""
    dollars: float | None = 0.0
    """US dollars; None where the price of a model is not known."""


@dataclass(frozen=True, slots=True)
class LedgerView:
    """What was spent, and what may be spent."""

    budget: Budget
    """The limits."""
    rollouts: int = 0
    """Rollouts that were carried out, whether the search knows them still or not."""
    task: LineView = field(default_factory=LineView)
    """What the task has cost."""
    optimizer: LineView = field(default_factory=LineView)
    """What metrics and judges have cost, and those who propose what is next or say how probable an improvement is."""
    seconds: float = 0.0
    """Time, over all the times that the run was begun."""
    left: float = 1.0
    """The share of the budget that is left, of its scarcest part; from 0 to 1."""
    lost: int = 0
    """Rollouts that were under way when the run was killed, and began again. What they have cost is in no books."""

    @property
    def total(self) -> LineView:
        """Both lines together."""
        one, other = self.task, self.optimizer
        money = None if one.dollars is None or other.dollars is None else one.dollars + other.dollars
        return LineView(one.calls + other.calls, one.tokens + other.tokens, money)
