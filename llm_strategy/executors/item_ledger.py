"""The books of a budget, as one item sees them."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llm_strategy.flow.budgets.amounts import Amount

if TYPE_CHECKING:
    from llm_strategy.flow import Request
    from llm_strategy.flow.budgets.ledger import Grant, Ledger, State, Wanted

__all__ = ["ItemLedger"]


@dataclass(slots=True)
class ItemLedger:
    """Keeps track of what is reserved for one item: what dies with a worker may have been paid for, and is counted."""

    ledger: Ledger
    """The books."""
    _held: dict[int, Grant] = field(default_factory=dict[int, "Grant"])
    _decisions: dict[int, Request] = field(default_factory=dict[int, "Request"])
    _paid: Counter[Amount] = field(default_factory=Counter[Amount])
    """What replies have cost in all attempts."""
    _replayed: Counter[Amount] = field(default_factory=Counter[Amount])
    """What of it the present attempt may be told again by a journal: it is in the books."""

    def begin(self) -> None:
        """Begin an attempt: the one before has died."""
        self.close()
        self._replayed = Counter(self._paid)

    def close(self) -> None:
        """Count what is still reserved."""
        held, self._held = self._held, {}
        for grant in held.values():
            self.ledger.settle(grant, Amount() if grant.waiting else grant.held)

    def reserve(self, wanted: Wanted) -> Grant:
        """Reserve what a request may cost, or queue up for it. Raises BudgetExceededError."""
        grant = self.ledger.reserve(wanted)
        self._held[grant.id] = grant
        if grant.waiting:
            self._decisions[grant.id] = self.ledger.waiting(grant)  # at once: it may be decided before it is asked for
        return grant

    def decided(self, grant: Grant, seconds: float | None = None) -> Grant:
        """Wait until a queued reservation is decided, or so many seconds are over. Raises BudgetExceededError."""
        decision = self._decisions[grant.id]
        if seconds is not None:
            with suppress(KeyError):  # it was taken back meanwhile
                decision = self.ledger.waiting(grant, seconds)
        decided: Grant = decision.perform()
        if not decided.waiting:
            del self._decisions[grant.id]
        self._held[decided.id] = decided
        return decided

    def opened(self, grant: Grant) -> None:
        """Note that a reservation lasts as long as somebody reads a stream."""
        self.ledger.opened(grant)

    def settle(self, grant: Grant, cost: Amount) -> None:
        """Replace a reservation by what was spent."""
        self._held.pop(grant.id, None)
        self._paid[cost] += 1
        self.ledger.settle(grant, cost)

    def charge(self, cost: Amount) -> None:
        """Note what was spent without a reservation."""
        if self._replayed[cost] > 0:
            self._replayed[cost] -= 1
            return
        self._paid[cost] += 1
        self.ledger.charge(cost)

    def state(self) -> State:
        """Return the books."""
        return self.ledger.state()
