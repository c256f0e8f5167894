"""Rollouts side by side, and who of them may spend what.

Each one gets a share before any of them begins. One that needs more waits until those before it have ended: then it may
take what they left over, and all that is promised to nobody. So what a rollout may spend depends on the rollouts before
it in the batch, however many run at once and whichever of them is faster. Requests that belong to no rollout, such as
those of a thread without the context of one, are paid for by the first rollout that has not ended: so nothing is
promised twice.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from llm_strategy.errors import BudgetExceededError
from llm_strategy.flow.budgets.amounts import Amount, Limits
from llm_strategy.optimize.budget.cost import ACCOUNTS, LINES, Account, Cost, Line, greatest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from llm_strategy.flow.budgets.layer import BudgetLayer
    from llm_strategy.optimize.budget.purse import Purse
    from llm_strategy.optimize.search.orders import Order, Rollout

__all__ = ["Batch"]


class Batch:
    """What is left, for rollouts that begin together.

    Args:
        keys: the orders, as they are wanted.
        left: what is left, by account.
        made: makes a purse with such limits, which grows or does not.
    """

    def __init__(
        self,
        keys: Sequence[str],
        left: Mapping[Account, Limits],
        made: Callable[[Mapping[Account, Limits], bool], Purse],
    ) -> None:
        self._places = {key: place for place, key in enumerate(keys)}
        self._left = left
        parts: dict[Account, Limits] = {name: _part(left[name], 2 * len(keys)) for name in ACCOUNTS}
        self._share: Mapping[Account, Limits] = left if len(keys) == 1 else parts
        self._made = made
        self._lock = Lock()
        self._ended: dict[int, Cost] = {}
        self._count = len(keys)
        self._purses: dict[int, Purse] = {}
        self._first = 0
        """The first rollout that has not ended."""
        self._spent = Cost()
        """What those before it have spent."""
        self._told = Cost()
        """What rollouts say that they have spent where nobody could look on."""
        self._broken = len(keys)
        """The first rollout that has ended without an outcome."""
        self._closed = False
        self.strays = made(left, False)
        """Pays for all that workers in other processes ask."""

    def layers(self, key: str | None, line: Line) -> tuple[BudgetLayer, ...]:
        """Return what the requests of a rollout have to pass.

        Raises:
            BudgetExceededError: the batch is over.
        """
        place = None if key is None else self._places.get(key)
        with self._lock:
            if place is None:
                place = self._first
            if self._closed or place == self._count:
                raise BudgetExceededError("A rollout goes on that nobody waits for any more: it may spend nothing.")
            if place not in self._purses:
                self._purses[place] = self._purse(place)
            return self._purses[place].layers(line)

    def cost(self, rollout: Rollout) -> Cost:
        """Return what a rollout has cost that has run in this batch."""
        purse = self._purses.get(self._places[rollout.order.key])
        if purse is not None:
            return purse.cost()
        cost = Cost.told(rollout)
        self._told += cost
        return cost

    def ended(self, key: str, cost: Cost) -> None:
        """Note that a rollout has ended: those behind it may have what it left over, and it may spend nothing more."""
        with self._lock:
            place = self._places[key]
            self._ended[place] = cost
            if place in self._purses:
                self._purses[place].close()
            while self._first in self._ended:
                self._spent += self._ended[self._first] + self._late(self._first)
                self._first += 1
            purse = self._purses.get(self._first)
            if purse is not None:
                purse.widen(self._most())

    def broken(self, order: Order) -> None:
        """Note that a rollout ends without an outcome: those behind it will not get what it leaves over."""
        with self._lock:
            self._broken = min(self._broken, self._places.get(order.key, self._broken))
            behind = [purse for place, purse in self._purses.items() if place > self._broken]
        for purse in behind:
            purse.stop_growing()

    def close(self) -> Cost:
        """Let nobody spend anything any more; return what those have spent, at most, that have not ended."""
        with self._lock:
            self._closed = True
            broken = [purse for place, purse in self._purses.items() if place not in self._ended]
        for purse in broken:
            purse.close()
        aside = _more(self.strays.cost(held=True), self._told)
        for place in self._ended:
            aside += self._late(place)
        return sum((purse.cost(held=True) for purse in broken), aside)

    def _late(self, place: int) -> Cost:
        """What a rollout has spent, at most, that was under way when it ended."""
        purse = self._purses.get(place)
        return Cost() if purse is None else _more(purse.cost(held=True), self._ended[place])

    def _purse(self, place: int) -> Purse:
        purse = self._made(self._share, len(self._places) > 1 and place < self._broken)
        if place == self._first:
            purse.widen(self._most())
        return purse

    def _most(self) -> Mapping[Account, Limits]:
        """What the first rollout that has not ended may spend: all but what is promised to those behind it."""
        behind = len(self._places) - self._first - 1
        share, spent = self._share, self._spent
        return {name: _without(self._left[name], spent.spent(name), share[name], behind) for name in ACCOUNTS}


def _more(cost: Cost, known: Cost) -> Cost:
    """What of a cost is not known."""
    task, optimizer = (greatest(cost.spent(line) - known.spent(line), Amount()) for line in LINES)
    return Cost(task, optimizer)


def _part(limits: Limits, count: int) -> Limits:
    parts = (None if limit is None else limit // count for limit in (limits.calls, limits.tokens, limits.money))
    return Limits(*parts)


def _without(limits: Limits, spent: Amount, share: Limits, behind: int) -> Limits:
    named = (
        (limits.calls, spent.calls, share.calls),
        (limits.tokens, spent.tokens, share.tokens),
        (limits.money, spent.money, share.money),
    )
    rests = (None if limit is None else limit - gone - behind * (each or 0) for limit, gone, each in named)
    return Limits(*rests)
