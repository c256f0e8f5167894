"""How long to wait between two attempts, where the provider does not say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Backoff"]

_MOST_DOUBLINGS = 60
"""Any cap is reached by then, and no number overflows."""


def _drawn() -> float:
    """Draw from a generator of our own: seeding Python's shared one must not make all machines wait alike."""
    from random import SystemRandom  # a wait is rare, and the module takes its time to load

    return SystemRandom().random()


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter: before retry n, a random part of `min(cap, base * 2 ** (n - 1))` seconds.

    Full jitter spreads the calls that failed together over the whole time, which costs the server the fewest requests
    of the variants compared in Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

    >>> always = Backoff(base=0.5, cap=3.0, random=lambda: 1.0)
    >>> [always.seconds(retry) for retry in (1, 2, 3, 4)]
    [0.5, 1.0, 2.0, 3.0]

    Raises:
        ConfigurationError: a number is negative or not finite.
    """

    base: float = 0.5
    """Seconds that the first wait takes at most."""
    cap: float = 8.0
    """Seconds that any wait takes at most."""
    random: Callable[[], float] = _drawn
    """Draws a number from 0 to 1; several threads may call it at once."""

    def __post_init__(self) -> None:
        for name, value in (("base", self.base), ("cap", self.cap)):
            if not (math.isfinite(value) and value >= 0):
                raise ConfigurationError(f"Backoff({name}={value!r}) is no time to wait. Use 0 or more seconds.")

    def seconds(self, retry: int) -> float:
        """Return how long to wait before the retry of this number, from 1."""
        return self.random() * min(self.cap, self.base * 2.0 ** min(retry - 1, _MOST_DOUBLINGS))
