"""Proposers: whoever makes up values that may be better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.search.candidate import Proposal
    from llm_strategy.optimize.search.requests import Propose

__all__ = ["Proposer"]


class Proposer(Protocol):
    """Makes up values that may be better, out of what was tried.

    What is drawn at random depends on `request.stream` alone: a run that is begun again is proposed the same.
    """

    @property
    def name(self) -> str:
        """What it is called in logs and reports."""
        ...

    def propose(self, request: Propose) -> Sequence[Proposal]:
        """Return values, each with what is expected of it; at least one proposal, maybe without values.

        Raises:
            BudgetExceededError: it needs a model, and the budget does not allow that.
        """
        ...
