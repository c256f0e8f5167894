"""Connections that belong to an event loop that is closed, as after a second `asyncio.run` with the same model.

Over such a connection a request is sent, and paid for, and its reply can never be read. So they are dropped before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

__all__ = ["Loops"]


class Loops:
    """Knows which event loop the connections of a pool belong to."""

    def __init__(self) -> None:
        self._last: AbstractEventLoop | None = None

    def entered(self, transport: Any) -> None:
        """Take note of the running event loop, and let go of all connections where the last one is closed.

        A pool that looks different from what is known is left as it is. Not covered: one client in several event loops
        that run at once, which its library does not allow.
        """
        from asyncio import get_running_loop

        loop, last = get_running_loop(), self._last
        if loop is last:
            return
        self._last = loop
        if last is None or not last.is_closed():
            return
        pool = getattr(transport, "_pool", None)
        for name in ("_connections", "_requests"):
            kept: object = getattr(pool, name, None)
            if isinstance(kept, list):
                cast("list[object]", kept).clear()
