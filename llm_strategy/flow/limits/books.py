"""What was sent to an account lately, and until when it is paused: in this process, or in a file for all of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from llm_strategy.flow.exclusive import Exclusive
from llm_strategy.flow.limits.rates import Count, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.flow.limits.rates import Rates

__all__ = ["Books", "LocalBooks"]


class Books(Protocol):
    """Counts what is sent. Safe to use from any thread."""

    @property
    def shared(self) -> bool:
        """Whether other processes see it."""
        ...

    def take(self, account: str, rates: Rates, tokens: int) -> tuple[float, int]:
        """Count a request of so many tokens where it fits; return the seconds to wait (0: counted), and its place."""
        ...

    def settle(self, account: str, rates: Rates, place: int, tokens: int) -> None:
        """Count so many tokens more, or fewer where it is negative, for a request that was counted."""
        ...

    def pause(self, account: str, seconds: float) -> None:
        """Let nothing be sent for so many seconds."""
        ...

    def paused(self, account: str) -> float:
        """Return for how many seconds nothing may be sent; 0 where it may."""
        ...

    def forget_pauses(self) -> None:
        """Let all accounts be asked again."""
        ...


class LocalBooks:
    """Counts in this process."""

    shared = False

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: dict[tuple[str, float], dict[int, Count]] = {}
        self._pauses: dict[str, float] = {}
        self._one = Exclusive()

    def take(self, account: str, rates: Rates, tokens: int) -> tuple[float, int]:
        """Count a request of so many tokens where it fits."""
        return self._one.run(lambda: self._take(account, rates, tokens))

    def settle(self, account: str, rates: Rates, place: int, tokens: int) -> None:
        """Count so many tokens more, or fewer."""
        self._one.soon(lambda: self._settle((account, rates.period), place, tokens))

    def pause(self, account: str, seconds: float) -> None:
        """Let nothing be sent for so many seconds."""
        until = self._clock() + seconds
        self._one.soon(lambda: self._pause(account, until))

    def paused(self, account: str) -> float:
        """Return for how many seconds nothing may be sent."""
        until = self._pauses.get(account)
        return 0.0 if until is None else max(0.0, until - self._clock())

    def forget_pauses(self) -> None:
        """Let all accounts be asked again."""
        self._one.run(self._pauses.clear)

    def _take(self, account: str, rates: Rates, tokens: int) -> tuple[float, int]:
        now = self._clock()
        piece = rates.piece(now)
        counts = self._counts.setdefault((account, rates.period), {})
        for old in [one for one in counts if one < rates.oldest(piece)]:
            del counts[old]
        wait = wait_for(rates, counts.values(), tokens, now)
        if wait > 0:
            return wait, 0
        count = counts.setdefault(piece, Count(piece))
        count.requests += 1
        count.tokens += tokens
        return 0.0, piece

    def _settle(self, key: tuple[str, float], place: int, tokens: int) -> None:
        count = self._counts.get(key, {}).get(place)
        if count is not None:
            count.tokens = max(0, count.tokens + tokens)

    def _pause(self, account: str, until: float) -> None:
        self._pauses[account] = max(until, self._pauses.get(account, until))
