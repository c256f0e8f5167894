"""Locks that a forked process finds free: the threads that held them do not exist there."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["ForkLock"]

_PATIENCE = 1.0
"""Seconds that a fork waits for a lock: what holds it longer is the forking thread itself."""

_ALL: WeakSet[ForkLock] = WeakSet()
_GUARD = Lock()
_HELD: list[ForkLock] = []
_REGISTERED: list[bool] = []


class ForkLock:
    """A lock for short work. A fork waits until nobody is at such work, so the child sees nothing half done.

    >>> lock = ForkLock()
    >>> with lock:
    ...     lock.acquire(blocking=False)
    False
    """

    def __init__(self) -> None:
        self._lock = Lock()
        with _GUARD:
            _ALL.add(self)
            if not _REGISTERED and hasattr(os, "register_at_fork"):
                _REGISTERED.append(True)
                os.register_at_fork(before=_hold, after_in_parent=_let_go, after_in_child=_let_go_in_child)

    def acquire(self, *, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; say whether that was possible: without `blocking` at once, else within `timeout` seconds."""
        return self._lock.acquire(blocking, timeout)

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    def hold(self) -> None:
        """Take the lock before a fork."""
        if self._lock.acquire(timeout=_PATIENCE):
            _HELD.append(self)

    def renew(self) -> None:
        """Be free, in the child."""
        self._lock = Lock()


def _hold() -> None:
    _GUARD.acquire()
    for lock in list(_ALL):
        lock.hold()


def _let_go() -> None:
    while _HELD:
        _HELD.pop().release()
    _GUARD.release()


def _let_go_in_child() -> None:
    for lock in list(_ALL):
        lock.renew()
    _HELD.clear()
    _GUARD.release()
