"""Connections that belong to another event loop, as after a second `asyncio.run`, or with one loop in each thread.

Over the connection of a closed loop a request is sent, and paid for, and its reply can never be read; over that of
another loop that runs, neither of both is sure. So the first are dropped, and each loop has connections of its own.
"""

from __future__ import annotations

from copy import copy
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

__all__ = ["Loops"]

_KEPT = ("_connections", "_requests")
"""What a pool keeps for one event loop."""


class Loops:
    """Knows which event loop the connections of a transport belong to."""

    def __init__(self) -> None:
        self._owner: AbstractEventLoop | None = None
        self._others: dict[AbstractEventLoop, Any] = {}
        self._lock = Lock()

    def entered(self, transport: Any) -> Any:
        """Return what the running event loop is to send with: the transport, or one like it where another loop has it.

        The settings of both are the same ones; each has as many connections as the settings allow. A transport that
        looks different from what is known serves all loops. Connections of a closed loop are let go of when the next
        loop comes.
        """
        from asyncio import get_running_loop

        loop = get_running_loop()
        if loop is self._owner:
            return transport
        with self._lock:
            for other in [one for one in self._others if one.is_closed()]:
                del self._others[other]
            if loop in self._others:
                return self._others[loop]
            if self._owner is not None and not self._owner.is_closed():
                return self._others.setdefault(loop, _alike(transport))
            if self._owner is not None and _is_known(transport):
                for name in _KEPT:
                    getattr(transport._pool, name).clear()  # noqa: SLF001 (there is no public way)
            self._owner = loop
            return transport

    def own(self) -> Any:
        """Return what the running event loop alone sends with; None where there is nothing."""
        from asyncio import get_running_loop

        with self._lock:
            return self._others.pop(get_running_loop(), None)


def _is_known(transport: Any) -> bool:
    pool = getattr(transport, "_pool", None)
    return all(isinstance(getattr(pool, name, None), list) for name in _KEPT)


def _alike(transport: Any) -> Any:
    """Return a transport with the same settings and no connections; the same one where that cannot be made."""
    if not _is_known(transport):
        return transport
    made = copy(transport)
    made._pool = pool = copy(transport._pool)  # noqa: SLF001
    for name in _KEPT:
        setattr(pool, name, [])
    lock = getattr(pool, "_optional_thread_lock", None)
    if lock is not None:
        pool._optional_thread_lock = type(lock)()  # noqa: SLF001
    return made
