"""The caches that are open in this process, one for each file, whoever opened them.

Scopes, requests and langchain's cache borrow them, and the last one to give a cache back closes it. A forked process
begins with files of its own: a connection to SQLite must not be used on both sides of a fork.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING

from llm_strategy.flow.cache.background import Background
from llm_strategy.flow.cache.flights import Flights
from llm_strategy.flow.cache.heartbeat import Heartbeat
from llm_strategy.flow.cache.store import Store

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["Shared", "borrow", "borrowed", "give_back"]


class Shared:
    """The cache of one file in this process."""

    def __init__(self, path: Path, users: int = 0) -> None:
        self.path = path
        """The file."""
        self.store = Store(path)
        """What is in it."""
        self.flights = Flights()
        """The requests that are under way."""
        self.background = Background()
        """The thread beside event loops."""
        self.heartbeat = Heartbeat(self.store.renew)
        """What keeps the leases of those requests."""
        self.users = users
        """How many borrowed it."""

    def close(self, *, here: bool) -> None:
        """Let the file go, when all that is under way with it is done; `here` says whether this thread may wait."""
        self.heartbeat.close()
        self.background.finish(self.store.close, here=here)


_OPEN: dict[Path, Shared] = {}
_OF_PARENT: list[Shared] = []
"""Kept for ever: to close the connections of the process that was forked would be to use them."""
_LOCK = [RLock()]
_REGISTERED: list[bool] = []


def borrow(path: Path) -> Shared:
    """Return the cache of a file; to be given back."""
    with _LOCK[0]:
        if not _REGISTERED and hasattr(os, "register_at_fork"):
            _REGISTERED.append(True)
            os.register_at_fork(after_in_child=_begin_anew)
        shared = _OPEN.get(path)
        if shared is None:
            shared = _OPEN[path] = Shared(path)
        shared.users += 1
        return shared


def give_back(path: Path, *, here: bool = True) -> None:
    """Give the cache of a file back; the last one closes it, in this thread where `here` allows that."""
    with _LOCK[0]:
        shared = _OPEN[path]
        shared.users -= 1
        if shared.users:
            return
        del _OPEN[path]
    shared.close(here=here)


@contextmanager
def borrowed(path: Path) -> Generator[Shared]:
    """Borrow the cache of a file inside a flow, which may be closed anywhere."""
    shared = borrow(path)
    try:
        yield shared
    finally:
        give_back(path, here=False)


def _begin_anew() -> None:
    """Leave the caches of the parent alone, in a process that was forked."""
    _LOCK[0] = RLock()
    for path, shared in list(_OPEN.items()):
        _OF_PARENT.append(shared)
        _OPEN[path] = Shared(path, shared.users)
