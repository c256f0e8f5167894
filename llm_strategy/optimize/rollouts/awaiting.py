"""Waiting for what async tasks do, in a thread that has no event loop.

All of them share one event loop, which lives as long as the process: clients that are kept from call to call belong to
the loop that they were made in, and go on working.
"""

from __future__ import annotations

import contextvars
import os
from concurrent.futures import CancelledError, Future
from importlib import import_module
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import current_stop

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable

__all__ = ["awaited"]

T = TypeVar("T")


def awaited(what: Awaitable[T]) -> T:
    """Wait for something, which is done in the context of this call.

    Where the work is told to end, or Ctrl-C comes, it is cancelled.

    >>> async def three():
    ...     return 3
    >>> awaited(three())
    3

    Raises:
        Exception: whatever it raises; a RuntimeError where it cancels itself.
    """
    work = _Work(what, _LOOP.running())
    stop = current_stop()
    forget = None if stop is None else stop.on_set(work.cancel)
    try:
        value: T = work.outcome.result()
    except CancelledError:
        if stop is not None and stop.is_set():
            raise Cancelled from None
        raise RuntimeError("The task cancelled itself.") from None
    except BaseException:
        work.cancel()
        raise
    finally:
        if forget is not None:
            forget()
    return value


class _Work:
    """Something that is awaited in the loop."""

    def __init__(self, what: Awaitable[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.outcome: Future[Any] = Future()
        self._what = what
        self._loop = loop
        self._task: asyncio.Task[None] | None = None
        self._context = contextvars.copy_context()
        loop.call_soon_threadsafe(self._begin)

    def cancel(self) -> None:
        """Have it end; called in any thread."""
        self._loop.call_soon_threadsafe(self._cancel)

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._awaited(), context=self._context)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _awaited(self) -> None:
        try:
            value = await self._what
        except BaseException as error:  # noqa: BLE001 (it is raised where it is waited for)
            if type(error).__name__ == "CancelledError":
                self.outcome.cancel()
            else:
                self.outcome.set_exception(error)
        else:
            self.outcome.set_result(value)


class _Loop:
    """The event loop of this process for async tasks."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    def running(self) -> asyncio.AbstractEventLoop:
        """Return the loop, which is begun here where this process has none."""
        with self._lock:
            if self._loop is not None and self._process == os.getpid():
                return self._loop
            loop: asyncio.AbstractEventLoop = import_module("asyncio").new_event_loop()
            Thread(target=loop.run_forever, name="llm-strategy-tasks", daemon=True).start()
            self._loop, self._process = loop, os.getpid()  # a forked process has the loop, and not its thread
            return loop


_LOOP = _Loop()
