"""The books of a search: nothing begins that could cost more than is left, and what it did cost is settled after."""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from llm_strategy.flow.budgets.amounts import PICO
from llm_strategy.flow.budgets.pricing import Pricing
from llm_strategy.flow.layers import layered
from llm_strategy.optimize.budget.accounts import Accounts
from llm_strategy.optimize.budget.batch import Batch
from llm_strategy.optimize.budget.cost import ACCOUNTS, LINES, Cost, Line
from llm_strategy.optimize.budget.layer import Counter, PayingLayer
from llm_strategy.optimize.budget.purse import Purse
from llm_strategy.optimize.budget.room import affordable, rests, share_left
from llm_strategy.optimize.budget.view import LedgerView, LineView
from llm_strategy.optimize.rollouts.current import listening_for_broken
from llm_strategy.tracing.prices import Prices

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from llm_strategy.flow.budgets.amounts import Amount, Limits
    from llm_strategy.optimize.budget.budget import Budget
    from llm_strategy.optimize.budget.cost import Account
    from llm_strategy.optimize.search.orders import Order
    from llm_strategy.tracing.prices import Price

__all__ = ["OptimizationLedger"]


class OptimizationLedger:
    """Keeps the books of a budget.

    Two things hold. No limit is exceeded, with any number of workers: each request to a model is sent with what it may
    take at most, reserved before. And what a rollout may spend depends on the rollouts that were wanted before it, not
    on those that happen to be faster: so a search with one worker and one with eight end at the same place.

    Covered: requests to models that go through this library, in threads and tasks that have the context of the rollout,
    and in the workers of a `RayExecutor`. Not covered: what `budget()` does not cover either; requests that a task
    sends on its own; those that were under way when the process was killed (`LedgerView.lost`). With a limit of
    seconds, and with workers in other processes, the place where the budget ends may differ from run to run.

    Args:
        budget: what may be spent.
        prices: further prices by the name of the model.
        clock: tells the time in seconds.
    """

    def __init__(
        self,
        budget: Budget,
        *,
        prices: Mapping[str, Price] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.budget = budget
        """What may be spent."""
        self.accounts = Accounts()
        """What was spent, as the event log knows it."""
        self.beside = Cost()
        """What was spent besides: by rollouts that were broken off."""
        self.over = False
        """Whether a rollout was refused: nothing is begun any more."""
        self.ahead: set[str] = set()
        """Keys of rollouts that have ended, and were not answered: they are counted, and so is what they have cost."""
        self.gone: set[str] = set()
        """Those of them that an earlier search, with another budget, has asked for."""
        self.gone_cost = Cost()
        """What that search has cost besides what this one has asked for as well."""
        self.loose: set[str] = set()
        """Keys of rollouts that had ended when the run was broken off, and are in no books as long as they are not
        wanted again: the search asks for them at once, as it did before."""
        self.lost = 0
        """Rollouts that were under way when the run was killed."""
        self.earlier = 0.0
        """Seconds of the times before that the run was begun."""
        self._pricing = Pricing(Prices.known().including(prices or {}))
        self._clock = clock
        self._began = clock()
        self._share: float | None = None
        """What is left, time not looked at, as long as nothing is counted anew."""
        self._counter = Counter()
        kind = f"optimization {id(self)}"
        self.task = PayingLayer("task", self._counter, kind)
        """The layer that pays for the requests of tasks; `drive` opens it around rollouts."""
        self.metric = PayingLayer("optimizer", self._counter, kind)
        """The layer that pays for the requests of metrics, opened inside of the other one."""

    @property
    def seconds(self) -> float:
        """Time, over all the times that the run was begun."""
        return self.earlier + self._clock() - self._began

    @property
    def seconds_left(self) -> float | None:
        """Time that is left; None where it is not limited."""
        return None if self.budget.seconds is None else self.budget.seconds - self.seconds

    @property
    def rollouts(self) -> int:
        """How many rollouts were carried out."""
        return self.accounts.rollouts + len(self.ahead)

    @property
    def is_late(self) -> bool:
        """Whether the time is over."""
        left = self.seconds_left
        return left is not None and left <= 0

    def affords(self, orders: Sequence[Order]) -> int:
        """Return how many of these rollouts may start at once, from the first one on."""
        if self.over or self.is_late:
            return 0
        return affordable(self._counted(orders), self._rests(), self.accounts)

    def left(self) -> float:
        """Return the share that is left of the scarcest part; 0 where not even one rollout is.

        It is a share of what there was for this search: what an earlier one with another budget has spent was not.
        """
        if self.over or self.is_late:
            return 0.0
        if self._share is None:
            left = self._rests()
            full = self.budget.rollouts is not None and self.rollouts >= self.budget.rollouts
            fits = not full and affordable(1, left, self.accounts)
            self._share = self._share_left(left) if fits else 0.0
        time_left, limit = self.seconds_left, self.budget.seconds
        return self._share if time_left is None or not limit else min(self._share, time_left / limit)

    @contextmanager
    def batch(self, keys: Sequence[str]) -> Generator[Batch]:
        """Let rollouts run inside, which begin together. What those cost that do not end is noted."""
        batch = Batch(keys, self._rests(), partial(self._purse, dict(self.accounts.longest)))
        self._counter.batch = batch
        try:
            with layered(self.task), listening_for_broken(batch.broken):
                yield batch
        finally:
            self._counter.batch = None
            self._count_aside(batch.close())

    @contextmanager
    def proposing(self) -> Generator[Purse]:
        """Let somebody work inside who is paid for on the line of the optimizer."""
        purse = self._purse(self.accounts.longest, self._rests(), grows=False)
        first, second = purse.layers("optimizer")
        try:
            with layered(first), layered(second):
                yield purse
        except BaseException:
            self._count_aside(purse.cost(held=True))
            raise
        self.accounts.add(purse.cost(held=True))
        self._share = None

    def answered(self, key: str, cost: Cost) -> None:
        """Count a rollout that is answered."""
        if key in self.ahead:
            self.ahead.remove(key)
            self.beside = Cost(self.beside.task - cost.task, self.beside.optimizer - cost.optimizer)
            if key in self.gone:
                self.gone.remove(key)
                self.gone_cost = Cost(self.gone_cost.task - cost.task, self.gone_cost.optimizer - cost.optimizer)
        self.loose.discard(key)
        self.accounts.add_rollout(cost)
        self._share = None

    def unanswered(self, key: str, cost: Cost) -> None:
        """Count a rollout that has ended, and is not answered.

        It is behind one for which the budget is too small, or others are compared with it, or nobody asks for it again.
        """
        self.loose.discard(key)
        if key not in self.ahead:
            self.ahead.add(key)
            self._count_aside(cost)

    def set_aside(self, keys: Iterable[str], cost: Cost) -> None:
        """Count what an earlier search has spent, with another budget."""
        self.gone.update(keys)
        self.gone_cost += cost
        self.ahead.update(self.gone)
        self._count_aside(cost)

    def _count_aside(self, cost: Cost) -> None:
        self.beside += cost
        self._share = None

    def view(self) -> LedgerView:
        """Return the books as plain data."""
        spent = self.accounts.all + self.beside
        lines = {line: _line(spent.spent(line)) for line in LINES}
        return LedgerView(
            self.budget, self.rollouts, lines["task"], lines["optimizer"], self.seconds, self.left(), self.lost
        )

    def aside(self) -> dict[str, Any]:
        """Return what is in the books and not in the event log, as JSON data."""
        data = {"cost": self.beside.data(), "ahead": sorted(self.ahead), "seconds": self.seconds, "lost": self.lost}
        return {**data, "gone": sorted(self.gone), "gone_cost": self.gone_cost.data()}

    def take_aside(self, data: Mapping[str, Any]) -> None:
        """Go on with what `aside` gave."""
        self.beside, self.ahead = Cost.of(data["cost"]), set(data["ahead"])
        self.gone, self.gone_cost = set(data.get("gone", ())), Cost.of(data.get("gone_cost", {}))
        self.earlier, self.lost = data["seconds"], data["lost"]
        self._share = None

    def state(self) -> dict[str, Any]:
        """Return the books as JSON data, for the event log."""
        return {**self.accounts.data(), "over": self.over}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on with books that were written down."""
        self.accounts, self.over, self._share = Accounts.of(state), state["over"], None

    def _counted(self, orders: Sequence[Order]) -> int:
        """Return how many of these there may be, by their number alone: those that have ended are counted already."""
        if self.budget.rollouts is None:
            return len(orders)
        room = self.budget.rollouts - self.rollouts
        for place, order in enumerate(orders):
            room -= order.key not in self.ahead
            if room < 0 and order.key not in self.ahead:
                return place
        return len(orders)

    def _share_left(self, left: Mapping[Account, Limits]) -> float:
        full = rests(self.budget, {name: self.gone_cost.spent(name) for name in ACCOUNTS})
        limit = self.budget.rollouts
        rollouts = None if limit is None else (limit - len(self.gone), limit - self.rollouts)
        return share_left(full, left, self.accounts, rollouts)

    def _rests(self) -> dict[Account, Limits]:
        return rests(self.budget, {name: self.accounts.spent(name) + self.beside.spent(name) for name in ACCOUNTS})

    def _purse(
        self,
        longest: Mapping[Line, int],
        limits: Mapping[Account, Limits],
        grows: bool,  # noqa: FBT001 (a batch makes them so)
    ) -> Purse:
        return Purse(limits, self.seconds_left, self._pricing, longest, grows=grows)


def _line(amount: Amount) -> LineView:
    return LineView(amount.calls, amount.tokens, None if amount.unpriced else amount.money / PICO)
