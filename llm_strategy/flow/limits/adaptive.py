"""How many requests a provider takes at once, found out by trying."""

from __future__ import annotations

from typing import Final

__all__ = ["Adaptive"]

_START: Final = 64
_MOST: Final = 2_048
_BACK: Final = 0.85
"""What is kept of the limit when the provider refuses: close enough to be of use, far enough to be below."""
_GROWTH: Final = 0.05
"""The part by which a great limit grows in the time of one request; a small one grows by 1."""


class Adaptive:
    """A limit that grows while requests succeed, and goes back when the provider refuses one.

    Until the first refusal it doubles in the time that one request takes; later it grows by 1, or 5 %. Requests that
    were sent before it last went back do not make it go back again: they were sent under the old limit.

    >>> limit = Adaptive(start=10)
    >>> limit.refused(begun=0, at_once=10)
    >>> limit.allowed
    8
    """

    __slots__ = ("_growing", "changes", "limit")

    def __init__(self, start: float = _START) -> None:
        self.limit = float(start)
        """The limit, with the part that has grown so far."""
        self.changes = 0
        """How often it went back."""
        self._growing = True

    @property
    def allowed(self) -> int:
        """How many requests may be under way at once."""
        return int(self.limit)

    def succeeded(self, at_once: int) -> None:
        """Take note of a reply; `at_once` requests were under way. A limit that nobody reaches does not grow."""
        if at_once >= 0.8 * self.allowed:
            step = 1.0 if self._growing else max(1.0, _GROWTH * self.limit) / self.limit
            self.limit = min(_MOST, self.limit + step)

    def refused(self, begun: int, at_once: int) -> None:
        """Take note of a refusal.

        Args:
            begun: `changes` when the request was sent.
            at_once: the most requests that were under way at once since then.
        """
        if begun >= self.changes:
            reached = max(2.0 * at_once, _START)  # a single request that fails tells little of many at once
            self.limit = max(1.0, _BACK * min(self.limit, reached))
            self.changes += 1
            self._growing = False
