"""Ending what takes too long, also where it cannot keep time itself.

A task can be cancelled. A thread cannot: the call runs in a thread of its own that is abandoned when the time is over,
and told so through its `Stop`. It ends with the process at the latest.
"""

from __future__ import annotations

import contextvars
import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import stoppable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

__all__ = ["TimedAsyncChunks", "TimedChunks", "ain_time", "in_time"]

T = TypeVar("T")

_END: Final = object()
_CLOSING: Final = 1.0
"""How many seconds an idle stream may take to close before it is left to itself."""


def in_time(call: Callable[[], T], seconds: float, late: Callable[[], Exception]) -> T:
    """Return what `call` returns within so many seconds; it runs in another thread, in this context.

    >>> in_time(lambda: "soon", 5.0, TimeoutError)
    'soon'

    Raises:
        Exception: what `late` returns, when the time is over; else what `call` raises.
    """
    aside = _Aside()
    try:
        return aside.call(call, seconds)
    except _LateError:
        raise late() from None
    finally:
        aside.end()


async def ain_time(awaitable: Awaitable[T], seconds: float, late: Callable[[], Exception]) -> T:
    """Await something for so many seconds, then cancel it.

    Raises:
        Exception: what `late` returns, when the time is over; else what is awaited raises.
    """
    import asyncio

    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await awaitable
    except TimeoutError as error:
        if not limit.expired():
            raise  # the model's own
        raise late() from error


class TimedChunks(Generic[T]):
    """The pieces of a stream, all of which must be there at a moment of `time.monotonic`."""

    def __init__(self, chunks: Iterator[T], until: float, late: Callable[[], Exception]) -> None:
        self._chunks = chunks
        self._until = until
        self._late = late
        self._aside: _Aside | None = None
        self._over = False

    def __iter__(self) -> TimedChunks[T]:
        return self

    def __next__(self) -> T:
        if self._over:
            raise StopIteration
        if self._aside is None:
            self._aside = _Aside()
        try:
            piece = self._aside.call(lambda: next(self._chunks, _END), self._until - time.monotonic())
        except _LateError:
            self._leave(closing=True)
            raise self._late() from None
        except BaseException:
            self._leave(closing=True)
            raise
        if piece is _END:
            self._leave(closing=False)
            raise StopIteration
        return cast("T", piece)

    def close(self) -> None:
        """End the reply."""
        if self._over:
            return
        if self._aside is None:
            self._over = True
            self._end()
            return
        try:
            self._aside.call(self._end, _CLOSING)
        except _LateError:
            pass
        finally:
            self._leave(closing=False)

    def _leave(self, *, closing: bool) -> None:
        self._over = True
        if self._aside is not None:
            self._aside.end(self._end if closing else None)

    def _end(self) -> None:
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()


class TimedAsyncChunks(Generic[T]):
    """The pieces of a stream, all of which must be there at a moment of `time.monotonic`."""

    def __init__(self, chunks: AsyncIterator[T], until: float, late: Callable[[], Exception]) -> None:
        self._chunks = chunks
        self._until = until
        self._late = late

    def __aiter__(self) -> TimedAsyncChunks[T]:
        return self

    async def __anext__(self) -> T:
        try:
            return await ain_time(anext(self._chunks), self._until - time.monotonic(), self._late)
        except StopAsyncIteration:
            raise
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """End the reply."""
        close = getattr(self._chunks, "aclose", None)
        if close is not None:
            await close()


class _LateError(Exception):
    """The time is over."""


class _Job:
    """One call, and what came of it."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.over = threading.Event()
        self.done = False
        self.value: Any = None
        self.error: BaseException | None = None
        self._call = call

    def run(self) -> None:
        try:
            self.value = self._call()
        except BaseException as error:  # noqa: BLE001 (it is raised where the call is waited for)
            self.error = error
        self.done = True
        self.over.set()

    def outcome(self) -> Any:
        error, self.error = self.error, None  # kept, it would keep the frames of the call alive
        if error is not None:
            raise error
        return self.value


class _Aside:
    """A thread that makes calls for another one, all in one context, and that nobody needs to wait for."""

    def __init__(self) -> None:
        self._context = contextvars.copy_context()
        self._scope = stoppable()
        self._stop = self._context.run(self._scope.__enter__)
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        threading.Thread(target=self._context.run, args=(self._work,), name="llm-strategy-timed", daemon=True).start()

    def call(self, call: Callable[[], T], seconds: float) -> T:
        """Return what `call` returns, or raise what it raises. Raises _LateError, and Cancelled."""
        job = _Job(call)
        self._jobs.put(job)
        forget = self._stop.on_set(job.over.set)
        try:
            job.over.wait(max(0.0, min(seconds, threading.TIMEOUT_MAX)))
        except BaseException:  # an interrupt from the keyboard, say
            self._stop.set()
            raise
        finally:
            forget()
        if job.done:
            return cast("T", job.outcome())
        if self._stop.is_set():
            raise Cancelled
        self._stop.set()
        raise _LateError

    def end(self, last: Callable[[], object] | None = None) -> None:
        """Let the thread end when its present call does, after one more call."""
        if last is not None:
            self._jobs.put(_Job(last))
        self._jobs.put(None)

    def _work(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                job.run()
        finally:
            self._scope.__exit__(None, None, None)
