"""Changing what threads, tasks and finalizers share, one at a time.

The garbage collector may close an abandoned flow at any moment, in any thread: in the very thread that holds a lock,
too, where waiting for that lock would wait forever. What a flow gives back at its end is therefore left with whoever
holds the lock, where somebody does.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Exclusive"]

T = TypeVar("T")


class Exclusive:
    """Makes calls one at a time.

    >>> numbers = []
    >>> shared = Exclusive()
    >>> shared.soon(lambda: numbers.append(1))
    >>> shared.run(lambda: len(numbers))
    1
    """

    __slots__ = ("_later", "_lock")

    def __init__(self) -> None:
        self._lock = Lock()
        self._later: deque[Callable[[], object]] = deque()

    def run(self, call: Callable[[], T]) -> T:
        """Return what `call` returns. Not for finalizers, nor inside of another call."""
        with self._lock:
            self._catch_up()
            result = call()
        self._left()
        return result

    def soon(self, call: Callable[[], object]) -> None:
        """Make a call at once, or as soon as the one under way is over; it must not raise. Never blocks."""
        self._later.append(call)
        self._left()

    def _left(self) -> None:
        while self._later and self._lock.acquire(blocking=False):  # who has the lock looks here after giving it back
            try:
                self._catch_up()
            finally:
                self._lock.release()

    def _catch_up(self) -> None:
        while self._later:
            self._later.popleft()()
