"""Answering what a search wants to have tried: rollouts, side by side, as far as the budget goes."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol

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

__all__ = ["Evaluating", "Rolling"]


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


class Evaluating:
    """Has rollouts carried out. Each is written down as soon as it has ended; they are answered in order."""

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
        while len(done) < len(orders):
            rest = orders[len(done) :]
            count = self._ledger.affords(rest)
            ended = _Together(self, request, known).carried_out(rest[:count]) if count else []
            done += ended
            if not count or len(ended) < count:
                break
        return done

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

    def __init__(
        self, evaluating: Evaluating, request: Evaluate, known: dict[str, tuple[Rollout, dict[str, Any]]]
    ) -> None:
        self._evaluating = evaluating
        self._request = request
        self._known = known
        self._ended: dict[str, tuple[Rollout, Cost]] = {}

    def carried_out(self, orders: Sequence[Order]) -> list[Rollout]:
        """Return those that have ended, up to the first one that has not."""
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
        return self._answered(keys)

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
