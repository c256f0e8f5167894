"""Short work in a thread, which is over before anybody goes on: also where the task that waits for it is cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["aside"]

T = TypeVar("T")


async def aside(work: Callable[[], T]) -> T:
    """Return what a function gives in a thread.

    A cancelled task waits for its end: what it works on, such as a database, may be closed after that.
    """
    import asyncio  # who is in a loop has it already

    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait((working,))
        if not working.cancelled():
            working.exception()  # nobody asks for it any more
        raise
