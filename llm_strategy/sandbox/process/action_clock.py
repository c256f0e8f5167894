"""How long an action has run: time in tools does not count."""

from __future__ import annotations

import time

__all__ = ["ActionClock"]

_GRACE = 0.5
"""Seconds that code gets to end in, once it was told to."""


class ActionClock:
    """Counts the seconds of one action after the other.

    Args:
        limit: seconds that an action may take.
    """

    def __init__(self, limit: float) -> None:
        self.alarmed: str | None = None
        """Why the code was told to end: `T` for time, `I` for an interrupt."""
        self.ending = False
        """Whether the host has ended the action by an answer."""
        self._limit = limit
        self._left = limit
        self._used = 0.0
        self._since: float | None = None

    def begin(self) -> None:
        """Start anew."""
        self.alarmed, self.ending, self._left, self._used = None, False, self._limit, 0.0
        self._since = time.monotonic()

    def stand_still(self) -> None:
        """Stop counting for a while."""
        if self._since is not None:
            spent = time.monotonic() - self._since
            self._used += spent
            self._left -= spent
            self._since = None

    def go_on(self) -> None:
        """Count again."""
        self._since = time.monotonic()

    def end_soon(self) -> None:
        """The action is over for the host: there is only a moment left."""
        self.ending = True
        self._left = min(self._left, _GRACE)

    def alarm(self, kind: str) -> None:
        """The code was told to end now."""
        self.alarmed = kind
        self.stand_still()
        self._left = _GRACE
        self.go_on()

    @property
    def until(self) -> float:
        """When the time is over, by `time.monotonic`."""
        return (self._since or time.monotonic()) + self._left

    @property
    def late(self) -> bool:
        """Whether it is over."""
        return time.monotonic() >= self.until

    @property
    def seconds(self) -> float:
        """Seconds used."""
        return self._used
