"""How long a call may take, by all layers in force: for layers that let it wait before those are reached."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.flow.layers import layers_in_force

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.flow.requests import ChatRequest

__all__ = ["TimeLimits", "time_limits"]


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """The end of a call, and the time that all its attempts may take."""

    deadline: float | None = None
    """When the reply must be there, by `time.monotonic`."""
    attempts: float | None = None
    """Seconds that all attempts may take together, waits not counted; None where nothing limits them."""

    def and_also(self, other: TimeLimits) -> TimeLimits:
        """Return the limits where both hold.

        >>> TimeLimits(3.0).and_also(TimeLimits(2.0, 5.0))
        TimeLimits(deadline=2.0, attempts=5.0)
        """
        return TimeLimits(_least(self.deadline, other.deadline), _least(self.attempts, other.attempts))

    @property
    def left(self) -> float | None:
        """The seconds to the deadline, 0 where it is over."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())


def time_limits(request: ChatRequest) -> TimeLimits:
    """Return what limits the time of a call here.

    A layer that limits it says so by a method `time_limits`, which takes the request and returns `TimeLimits`.

    Raises:
        Exception: what a layer raises whose time is over.
    """
    limits = TimeLimits(request.deadline)
    for layer in layers_in_force():
        said: Callable[[ChatRequest], Any] | None = getattr(layer, "time_limits", None)
        if said is not None:
            limits = limits.and_also(said(request))
    return limits


def _least(one: float | None, other: float | None) -> float | None:
    return min((each for each in (one, other) if each is not None), default=None)
