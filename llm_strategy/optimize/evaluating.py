"""Answering what a search wants to have tried: rollouts, side by side, as far as the budget goes."""

from __future__ import annotations

from contextlib import closing
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from llm_strategy.errors import BudgetExceededError
from llm_strategy.optimize.budget.cost import Cost
from llm_strategy.optimize.events import Asked, Done

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from llm_strategy.optimize.budget import OptimizationLedger
    from llm_strategy.optimize.budget.batch import Batch
    from llm_strategy.optimize.events import Event
    from llm_strategy.optimize.search.candidate import Candidate
    from llm_strategy.optimize.search.orders import Order, Rollout
    from llm_strategy.optimize.search.requests import Evaluate
    from llm_strategy.optimize.store import OptimizationStore

__all__ = ["Comparing", "Evaluating", "Rolling"]

_Known: TypeAlias = "dict[str, tuple[Rollout, dict[str, Any]]]"
"""Rollouts that have ended, with what they have cost, by key."""


class Rolling(Protocol):
    """Carries out rollouts."""

    def as_completed(self, orders: Sequence[Order], candidates: Sequence[Candidate]) -> Generator[tuple[Rollout, Any]]:
        """Give each rollout with its record (JSON data, or None) as soon as it has ended, in any order.

        They are taken in order, each carried out with `current_rollout` set. Of one that ends without an outcome
        `telling_if_broken` tells: those behind it may be waiting for what it leaves over.

        Raises:
            BudgetExceededError: the budget does not allow to go on.
        """
        ...


@runtime_checkable
class Comparing(Protocol):
    """Carries out rollouts that are compared with others, which have to be there before."""

    def reference_of(self, order: Order) -> Order | None:
        """Return what a rollout is compared with; None where that is itself, or nothing."""
        ...


class Evaluating:
    """Has rollouts carried out. Each is written down as soon as it has ended; they are answered in order.

    Those that others are compared with are carried out before these, also where nobody asked for them: they count as
    others do, and are known when the search asks for them later.
    """

    def __init__(
        self,
        store: OptimizationStore,
        rollouts: Rolling,
        ledger: OptimizationLedger,
        tell: Callable[[Event], None],
    ) -> None:
        self._store = store
        self._rollouts = rollouts
        self._ledger = ledger
        self._tell = tell

    def answer(self, request: Evaluate) -> list[Rollout]:
        """Return the rollouts that are wanted, from the first one on; fewer where the budget ends."""
        orders = list(request.orders)
        done: list[Rollout] = []
        known = self._store.known([order.key for order in orders])
        self._tell(Asked(request.purpose, len(orders), len(known)))
        first = self._first(orders)
        known |= self._store.known([order.key for order in first.values()])
        together = _Together(self, request, known)
        while len(done) < len(orders):
            begun = self._next(orders[len(done) :], first, together)
            ended = together.carried_out(begun) if begun else []
            done += ended
            if not begun or len(ended) < len(begun):
                break
        return done

    def _first(self, orders: Sequence[Order]) -> dict[str, Order]:
        """Return what each order is compared with, by key; nothing where none of them is."""
        if not isinstance(self._rollouts, Comparing):
            return {}
        found = {order.key: self._rollouts.reference_of(order) for order in orders}
        compared = any(one is not None for one in found.values())
        return {order.key: found[order.key] or order for order in orders} if compared else {}

    def _next(self, rest: Sequence[Order], first: dict[str, Order], together: _Together) -> list[Order]:
        """Return which rollouts begin next; what they are compared with is carried out here. None fits: an empty list.

        Those that are compared are afforded together with what they are compared with: so both fit.
        """
        while True:
            owed = {one.key for one in first.values() if together.owes(one)}
            line = _in_line(rest, first, owed)
            some = line[: self._ledger.affords(line)]
            before = [order for order in some if order.key in owed]
            if not before:
                return some
            if not together.made(before):
                return []
            begun = list(takewhile({order.key for order in some}.__contains__, (order.key for order in rest)))
            if begun:
                return list(rest[: self._ledger.affords(rest[: len(begun)])])

    def run(self, orders: Sequence[Order], request: Evaluate, arrived: Callable[[Rollout, Any], None]) -> bool:
        """Have rollouts carried out; return whether all of them could end."""
        self._store.begun(order.key for order in orders)
        try:
            with closing(self._rollouts.as_completed(orders, request.candidates)) as running:
                for rollout, record in running:
                    arrived(rollout, record)
                    if self._ledger.is_late:
                        return False
        except BudgetExceededError:
            return False
        return True

    def written(self, rollout: Rollout, record: Any, batch: Batch, request: Evaluate) -> tuple[Rollout, Cost]:
        """Write down what came of an order; return it as it will be read again."""
        cost = batch.cost(rollout)
        kept = self._store.add_rollout(rollout, cost.data(), record)
        batch.ended(rollout.order.key, cost)
        self._tell(Done(rollout, request.purpose, self._ledger.view()))
        return kept, cost

    @property
    def ledger(self) -> OptimizationLedger:
        """The books."""
        return self._ledger


class _Together:
    """Rollouts that begin together."""

    def __init__(self, evaluating: Evaluating, request: Evaluate, known: _Known) -> None:
        self._evaluating = evaluating
        self._request = request
        self._known = known
        self._ended: dict[str, tuple[Rollout, Cost]] = {}

    def owes(self, order: Order) -> bool:
        """Whether a rollout that others are compared with is still to be carried out, or to be counted."""
        return order.key not in self._known or order.key in self._evaluating.ledger.loose

    def made(self, orders: Sequence[Order]) -> bool:
        """Have rollouts carried out that others are compared with; return whether all of them have ended."""
        self._carry_out(orders)
        ended = [order.key for order in orders if order.key in self._ended]
        for key in ended:
            rollout, cost = self._ended[key]
            self._known[key] = rollout, cost.data()
            self._evaluating.ledger.unanswered(key, cost)
        return len(ended) == len(orders)

    def carried_out(self, orders: Sequence[Order]) -> list[Rollout]:
        """Return those that have ended, up to the first one that has not."""
        self._carry_out(orders)
        return self._answered([order.key for order in orders])

    def _carry_out(self, orders: Sequence[Order]) -> None:
        keys = [order.key for order in orders]
        ledger = self._evaluating.ledger
        with ledger.batch(keys) as batch:
            for key in keys:
                if key in self._known:
                    rollout, cost = self._known[key]
                    self._ended[key] = rollout, Cost.of(cost)
                    batch.ended(key, self._ended[key][1])

            def arrived(rollout: Rollout, record: Any) -> None:
                key = rollout.order.key
                if key not in self._ended:
                    self._ended[key] = self._evaluating.written(rollout, record, batch, self._request)

            rest = [order for order in orders if order.key not in self._known]
            if rest and not self._evaluating.run(rest, self._request, arrived):
                ledger.over = True

    def _answered(self, keys: Sequence[str]) -> list[Rollout]:
        ledger = self._evaluating.ledger
        answered: list[Rollout] = []
        for place, key in enumerate(keys):
            if key not in self._ended:
                break
            rollout, cost = self._ended[key]
            if place == len(answered):
                ledger.answered(key, cost)
                answered.append(rollout)
        for key in keys[len(answered) :]:
            if key in self._ended:
                ledger.unanswered(key, self._ended[key][1])
        return answered


def _in_line(rest: Sequence[Order], first: dict[str, Order], owed: set[str]) -> list[Order]:
    """Orders as they are wanted, each behind what it is compared with, where that is still owed."""
    line: dict[str, Order] = {}
    for order in rest:
        reference = first.get(order.key, order)
        if reference.key in owed:
            line.setdefault(reference.key, reference)
        line.setdefault(order.key, order)
    return list(line.values())
