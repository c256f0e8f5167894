"""Whether a budget has room for what a search begins with, and for a proposal after that: said early, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.exporters.figures import count_text

if TYPE_CHECKING:
    from llm_strategy.optimize.budget import OptimizationLedger
    from llm_strategy.optimize.search.outcome import SearchOutcome
    from llm_strategy.optimize.search.requests import Evaluate, Propose

__all__ = ["RoomToBegin"]

_MORE = "Raise it; a run with a store goes on where this one ended."


class RoomToBegin:
    """Compares a budget with what a search asks for first.

    Args:
        ledger: the books.
    """

    def __init__(self, ledger: OptimizationLedger) -> None:
        self._ledger = ledger
        self._proposed = 0
        self._wanted = self._answered = 0
        """Rollouts of the seed."""

    def check(self, request: Evaluate) -> None:
        """Refuse a budget that has no room for the rollouts of the seed. Those that have ended take no room.

        Raises:
            ConfigurationError: there are too few rollouts left.
        """
        ledger, limit = self._ledger, self._ledger.budget.rollouts
        new = sum(order.key not in ledger.ahead for order in request.orders)
        if request.purpose != "seed" or limit is None or not new or ledger.rollouts + new <= limit:
            return
        before = f" more rollouts, and there were {ledger.rollouts} before" if ledger.rollouts else " rollouts"
        raise ConfigurationError(
            f"Budget(rollouts={limit}): to score what the search begins with takes {new}{before}; nothing of it was "
            "begun. Raise the budget, or give fewer validation cases."
        )

    def answered(self, request: Evaluate, count: int) -> None:
        """Take note of how many of the wanted rollouts there are."""
        if request.purpose == "seed":
            self._wanted += len(request.orders)
            self._answered += count

    def check_begun(self, outcome: SearchOutcome, known: int) -> None:
        """Refuse a budget with which not even the first rollouts could begin.

        Args:
            outcome: how the search ended.
            known: how many rollouts are written down.

        Raises:
            ConfigurationError: that is so.
        """
        if outcome.reason.startswith("budget") and not self._ledger.accounts.rollouts and not known:
            limits = ", ".join(f"{name}={limit:g}" for name, limit in self._ledger.budget.limited.items())
            raise ConfigurationError(
                f"Budget({limits}): it is too small to score what the search begins with, and nothing was begun. Raise "
                "it, or give fewer validation cases."
            )

    def caution(self, outcome: SearchOutcome) -> str | None:
        """Return that nothing but the seed was tried, where the budget is why; None where that is not so."""
        if not outcome.reason.startswith("budget") or len(outcome.members) != 1:
            return None
        if self._answered < self._wanted:
            return (
                f"The budget ended while the seed was scored, after {self._answered} of "
                f"{count_text(self._wanted, 'rollout')}: nothing was searched. {_MORE}"
            )
        done = count_text(self._ledger.accounts.rollouts, "rollout")
        return f"The budget ended after {done} of the seed, before anything else was tried. {_MORE}"

    def warning(self, request: Propose) -> str | None:
        """Return that there is no room for two proposals, where that is so, at the first one; else None."""
        self._proposed += 1
        left, done = self._ledger.left(), self._ledger.accounts.rollouts
        if self._proposed > 1 or left >= 1:
            return None
        room, step = round(done * left / (1 - left)), done + 2 * len(request.runs)
        if room >= 2 * step:
            return None
        return (
            f"The budget has room for {room} more rollouts or so, and one proposal that gets past its gates "
            f"takes {step}: it allows {'one' if room >= step else 'not even one'}. Raise it for a search."
        )

    def replayed(self) -> None:
        """Take note of a proposal of an earlier time."""
        self._proposed += 1
