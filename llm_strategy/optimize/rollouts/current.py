"""What a task can know about the run that it is in."""

from __future__ import annotations

import random
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.optimize.streams import stream_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from llm_strategy.optimize.search.orders import Order

__all__ = ["CurrentRollout", "current_rollout", "listening_for_broken", "telling_if_broken", "within_rollout"]


@dataclass(frozen=True, slots=True)
class CurrentRollout:
    """The run that is under way.

    >>> from llm_strategy.optimize.search.orders import Order
    >>> run = CurrentRollout(Order("a", "val", "1"), 0)
    >>> run.random().random() == run.random().random() != CurrentRollout(Order("a", "val", "1", 1), 0).random().random()
    True
    """

    order: Order
    """What was wanted."""
    run_seed: int
    """The seed of the whole optimization."""

    @property
    def seed(self) -> int:
        """A number for drawing: another one for each run, the same whenever that run is begun."""
        return stream_seed(self.run_seed, "rollout", self.order.key)

    @property
    def case_seed(self) -> int:
        """A number for drawing that is the same for all candidates: so they are compared at equal luck."""
        return stream_seed(self.run_seed, "case", self.order.split, self.order.case, self.order.repeat)

    def random(self) -> random.Random:
        """Return a generator of random numbers that begins with `seed`."""
        return random.Random(self.seed)  # noqa: S311 (for drawing, not for secrets)


_BROKEN: ContextVar[Callable[[Order], object] | None] = ContextVar("llm_strategy_broken_rollout", default=None)
_CURRENT: ContextVar[CurrentRollout | None] = ContextVar("llm_strategy_rollout", default=None)


def current_rollout() -> CurrentRollout | None:
    """Return the run that the task is in; None outside of an optimization.

    A task that draws at random takes its seed from here, so that an optimization can be repeated.

    >>> current_rollout() is None
    True
    """
    return _CURRENT.get()


@contextmanager
def within_rollout(rollout: CurrentRollout) -> Generator[None]:
    """Tell the task about its run."""
    token = _CURRENT.set(rollout)
    try:
        yield
    finally:
        _CURRENT.reset(token)


@contextmanager
def listening_for_broken(listener: Callable[[Order], object]) -> Generator[None]:
    """Have `listener` told of runs of the context inside that end without an outcome: nobody has to wait for them."""
    token = _BROKEN.set(listener)
    try:
        yield
    finally:
        _BROKEN.reset(token)


@contextmanager
def telling_if_broken(order: Order) -> Generator[None]:
    """Tell whoever listens where what is done inside ends without an outcome."""
    try:
        yield
    except BaseException:
        listener = _BROKEN.get()
        if listener is not None:
            listener(order)
        raise
