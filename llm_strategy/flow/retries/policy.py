"""What decides whether, when and how often a request is sent again."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow.retries.backoff import Backoff
from llm_strategy.flow.retries.breaker import CircuitBreaker

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SHARED_BREAKER", "RetryPolicy"]

SHARED_BREAKER = CircuitBreaker()
"""What all policies share that name no breaker of their own."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The rules of one scope.

    Raises:
        ConfigurationError: a value is out of range.
    """

    attempts: int = 4
    """How often a request is sent, at most, the first time included."""
    deadline: float | None = None
    """Seconds for a whole call, with its retries, waits and re-asks; None sets no end."""
    timeout: float | None = None
    """Seconds for one attempt, streamed or not; None leaves that to the model."""
    backoff: Backoff = field(default_factory=Backoff)
    """How long to wait where the provider does not say."""
    breaker: CircuitBreaker | None = SHARED_BREAKER
    """Leaves a model alone that fails again and again; None never does."""
    longest_wait: float = 120.0
    """The longest wait, in seconds, that a provider may ask for where there is no deadline."""
    clock: Callable[[], float] = time.monotonic
    """Tells the time in seconds, as `ChatRequest.deadline` counts it."""

    def __post_init__(self) -> None:
        _whole("attempts", self.attempts)
        for name, seconds in (("deadline", self.deadline), ("timeout", self.timeout)):
            if seconds is not None and not (_is_number(seconds) and seconds > 0):
                raise ConfigurationError(
                    f"retrying({name}={seconds!r}) leaves no time. Use a number of seconds above 0, or None for no end."
                )
        if not (_is_number(self.longest_wait) and self.longest_wait >= 0):
            raise ConfigurationError(f"retrying(longest_wait={self.longest_wait!r}) is no time. Use 0 or more seconds.")


def _whole(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(
            f"retrying({name}={value!r}) would never send a request. Use a whole number from 1; 1 switches retries off."
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
