"""Rates, and whether one more request fits under them.

Time is cut into 120 pieces a minute. What is sent counts in full for 122 to 123 of them, which is at least a second
longer than a minute: no minute has more than its rate, at the provider's end neither, where requests arrive closer
together than they were sent (the first one opens a connection). That costs 2.4 % of the rate at most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Count", "Rates", "wait_for"]

_PIECES: Final = 120
_COUNTED: Final = _PIECES + 3
_LEAST_WAIT: Final = 0.001


@dataclass(frozen=True, slots=True)
class Rates:
    """How much may be sent in a minute; None sets no limit."""

    requests: int | None = None
    """Requests."""
    tokens: int | None = None
    """Tokens of prompts and replies."""
    period: float = 60.0
    """Seconds of a minute: other values are for tests."""

    def piece(self, now: float) -> int:
        """Return the number of the piece of time that `now` is in."""
        return math.floor(now * _PIECES / self.period)

    def oldest(self, piece: int) -> int:
        """Return the oldest piece of time that still counts in another one."""
        return piece - _COUNTED + 1

    def end(self, piece: int) -> float:
        """Return when a piece of time counts no more."""
        return (piece + _COUNTED) * self.period / _PIECES


@dataclass(slots=True)
class Count:
    """What was sent in a piece of time."""

    piece: int
    """Its number."""
    requests: int = 0
    """Requests."""
    tokens: int = 0
    """Tokens."""


def wait_for(rates: Rates, counts: Iterable[Count], tokens: int, now: float) -> float:
    """Return how many seconds a request of so many tokens has to wait, if nothing else is sent; 0 where it fits now.

    A request of more tokens than a minute has fits where nothing else was sent.

    >>> wait_for(Rates(requests=2), [Count(0, 2, 500)], 100, now=10.2)
    51.3
    """
    sent = list(counts)
    requests = -math.inf if rates.requests is None else sum(count.requests for count in sent) + 1 - rates.requests
    beyond = (
        -math.inf
        if rates.tokens is None
        else sum(count.tokens for count in sent) + min(tokens, rates.tokens) - rates.tokens
    )
    if requests <= 0 and beyond <= 0:
        return 0.0
    for count in sorted(sent, key=lambda one: one.piece):
        requests -= count.requests
        beyond -= count.tokens
        if requests <= 0 and beyond <= 0:
            return max(_LEAST_WAIT, round(rates.end(count.piece) - now, 6))
    return rates.period  # only where a count is damaged
