"""One thread beside an event loop, which works with the file of a cache; it is there only when it is needed."""

from __future__ import annotations

import sys
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["Background", "is_in_loop"]

T = TypeVar("T")


class Background:
    """A thread that does one thing after the other."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._pool: ThreadPoolExecutor | None = None

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Have something done; whoever waits for it or not."""
        from concurrent.futures import ThreadPoolExecutor

        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, "llm-strategy-cache")
            return self._pool.submit(call)

    def finish(self, last: Callable[[], Any], *, here: bool) -> None:
        """Do what is left, then `last`, and end the thread.

        Args:
            last: what is done last.
            here: whether this thread may wait for it; an event loop never does.
        """
        here = here and not is_in_loop()
        with self._lock:
            idle = self._pool is None
            if not (idle and here):
                self.submit(last)
            pool, self._pool = self._pool, None
        if pool is None:
            last()
        else:
            pool.shutdown(wait=here)


def is_in_loop() -> bool:
    """Whether an event loop runs in this thread, which must not be blocked."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
