"""The async driver: the twin of `run` that awaits, with tasks where `run` has threads."""

from __future__ import annotations

import contextvars
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.flow.context import Within
from llm_strategy.flow.requests import Emit, Parallel, Request, Result
from llm_strategy.flow.step import Done, Position

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, Sequence

    from llm_strategy.flow.requests import Flow

__all__ = ["aiterate", "arun"]

T = TypeVar("T")


async def arun(flow: Flow[T]) -> T:
    """Run a flow to its end and return its value, without blocking the event loop.

    Cancelling the task closes the flow, the streams that it opened, and the flows that run beside it.

    Raises:
        Exception: whatever the flow raises.
    """
    return await _last(Position(flow))


def aiterate(flow: Flow[Any]) -> AsyncGenerator[Any]:
    """Iterate over what a flow emits, without blocking the event loop.

    The flow runs only as far as the iterator is pulled, in the context of this call, as with `iterate`. Closing the
    iterator closes the flow and its streams.

    Raises:
        Exception: whatever the flow raises, when the iterator is pulled.
    """
    return _iterated(flow, contextvars.copy_context())


async def _iterated(flow: Flow[Any], context: contextvars.Context) -> AsyncGenerator[Any]:
    events = context.run(_events, Position(flow))
    try:
        while True:
            try:
                event = await Within(context, anext(events))
            except StopAsyncIteration:
                return
            if isinstance(event, Emit):
                yield event.value
    finally:
        await Within(context, events.aclose())


async def _last(position: Position[T]) -> T:
    async with aclosing(_events(position)) as events:
        async for event in events:
            if isinstance(event, Done):
                return event.value
    raise RuntimeError  # pragma: no cover (the loop always ends in Done or raises)


async def _events(position: Position[T]) -> AsyncGenerator[Emit | Done[T]]:
    answer: Any = None
    error: Exception | None = None
    try:
        while True:
            wanted = position.advance(answer, error)
            answer, error = None, None
            if isinstance(wanted, Done):
                yield wanted
                return
            if isinstance(wanted, Emit):
                yield wanted
                continue
            try:
                answer = await _answer(position, wanted)
            except Exception as problem:  # noqa: BLE001 (every error goes back into the flow: it may recover)
                error = problem
    finally:
        await position.aclose()


async def _answer(position: Position[Any], wanted: Request | Parallel[Any]) -> Any:
    if isinstance(wanted, Parallel):
        return await _together(position, wanted)
    passage = position.passage(wanted)
    return await (wanted.aperform() if passage is None else _last(passage))


async def _together(position: Position[Any], parallel: Parallel[Any]) -> tuple[Any, ...]:
    import asyncio  # who is in a loop has it already, and who is not does not wait for it to load

    places = asyncio.Semaphore(parallel.limit)

    async def one(index: int, flow: Flow[Any]) -> Any:
        async with places:
            branch = position.branch(index, flow)
            return await (_result(branch) if parallel.keep_errors else _last(branch))

    tasks = [asyncio.ensure_future(one(index, flow)) for index, flow in enumerate(parallel.flows)]
    try:
        return tuple(await asyncio.gather(*tasks))
    finally:
        await _cancelled(tasks)


async def _result(branch: Position[T]) -> Result[T]:
    try:
        value = await _last(branch)
    except Exception as error:  # noqa: BLE001 (errors were asked for)
        return Result(error=error)
    return Result(value)


async def _cancelled(tasks: Sequence[asyncio.Future[Any]]) -> None:
    import asyncio

    pending = [task for task in tasks if not task.done()]
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
