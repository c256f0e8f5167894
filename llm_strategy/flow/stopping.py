"""Stopping work that runs in threads: a thread cannot be cancelled, so it is told, and looks where it waits."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Stop", "current_stop", "stoppable", "told_by"]


class Stop:
    """A wish that work ends; it reaches the work that was begun inside that work, too.

    Safe to use from any thread. Once set, it stays set.

    >>> outer = Stop()
    >>> inner = Stop(outer)
    >>> outer.set()
    >>> inner.is_set()
    True
    """

    def __init__(self, parent: Stop | None = None) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._calls: dict[int, Callable[[], object]] = {}
        self._numbers = 0
        self._leave: Callable[[], None] = _nothing if parent is None else parent.on_set(self.set)

    def set(self) -> None:
        """Tell all that wait, and call what was registered, once."""
        self._event.set()
        with self._lock:
            calls, self._calls = list(self._calls.values()), {}
        for call in calls:
            call()

    def is_set(self) -> bool:
        """Return whether the work is to end."""
        return self._event.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is set, or `seconds` are over; return whether it is set."""
        return self._event.wait(seconds)

    def on_set(self, call: Callable[[], object]) -> Callable[[], None]:
        """Have `call` called when it is set, at once where it is already; return what takes that back.

        It is called in the thread that sets, so it must neither block nor raise.
        """
        with self._lock:
            if not self._event.is_set():
                self._numbers += 1
                number = self._numbers
                self._calls[number] = call
                return lambda: self._forget(number)
        call()
        return _nothing

    def close(self) -> None:
        """Let go of the work around it: it is over."""
        self._leave()

    def _forget(self, number: int) -> None:
        with self._lock:
            self._calls.pop(number, None)


def _nothing() -> None:
    """Do nothing."""


_STOP: ContextVar[Stop | None] = ContextVar("llm_strategy_stop", default=None)


def current_stop() -> Stop | None:
    """Return what tells the present work to end, where anything may."""
    return _STOP.get()


def told_by(stop: Stop) -> None:
    """Let `stop` tell the work of the present context to end; for a context that is made for that work."""
    _STOP.set(stop)


@contextmanager
def stoppable() -> Generator[Stop]:
    """Begin work that can be told to end, by itself or with the work around it."""
    stop = Stop(_STOP.get())
    token = _STOP.set(stop)
    try:
        yield stop
    finally:
        _STOP.reset(token)
        stop.close()
