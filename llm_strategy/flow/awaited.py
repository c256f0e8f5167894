"""A generator that blocks, read without blocking the event loop."""

from __future__ import annotations

import contextvars
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.flow.stopping import Stop, told_by
from llm_strategy.flow.threads import in_thread

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, Callable, Generator

__all__ = ["awaited"]

T = TypeVar("T")

_END: Any = object()


def awaited(values: Generator[T]) -> AsyncGenerator[T]:
    """Give what a generator gives; it runs in threads, one step after the other, in the context of this call.

    Where the reader is cancelled while the generator works, the generator is told to end by a `Stop`.
    """
    return _awaited(values, contextvars.copy_context())


async def _awaited(values: Generator[T], context: contextvars.Context) -> AsyncGenerator[T]:
    stop = Stop()
    context.run(told_by, stop)
    working: asyncio.Future[Any] | None = None
    try:
        while True:
            working = _begun(context, partial(next, values, _END))
            value = await working
            working = None
            if value is _END:
                return
            yield value
    finally:
        if working is not None:
            stop.set()  # the generator ends by itself: it cannot be closed while it works
        else:
            await _begun(context, values.close)


def _begun(context: contextvars.Context, call: Callable[[], object]) -> asyncio.Future[Any]:
    """Have a call made in a thread, and return what tells its outcome."""
    import asyncio

    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def tell(value: object, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    def work() -> None:
        outcome: tuple[object, BaseException | None]
        try:
            outcome = context.run(call), None
        except BaseException as error:  # noqa: BLE001 (it is raised where the outcome is awaited)
            outcome = None, error
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, *outcome)

    in_thread(work)
    return future
