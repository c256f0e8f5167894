"""The async driver: the twin of `run` that awaits, with tasks where `run` has threads."""

from __future__ import annotations

import contextvars
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.flow.abranches import AsyncBranches
from llm_strategy.flow.context import Within
from llm_strategy.flow.requests import Emit, Parallel
from llm_strategy.flow.root import rooted
from llm_strategy.flow.step import Done, Position

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from llm_strategy.flow.requests import Flow, Request

__all__ = ["aiterate", "arun"]

T = TypeVar("T")


async def arun(flow: Flow[T]) -> T:
    """Run a flow to its end and return its value, without blocking the event loop.

    Cancelling the task closes the flow, the streams that it opened, and the flows that run beside it.

    Raises:
        Exception: whatever the flow raises.
    """
    with rooted():
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
    with rooted(context=context):
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
                if isinstance(wanted, Parallel):
                    async with AsyncBranches(position, wanted, _last) as branches:
                        while (result := await branches.next()) is not None:
                            yield Emit(result)
                        answer = branches.answer()
                else:
                    answer = await _answer(position, wanted)
            except Exception as problem:  # noqa: BLE001 (every error goes back into the flow: it may recover)
                error = problem
    finally:
        await position.aclose()


async def _answer(position: Position[Any], wanted: Request) -> Any:
    passage = position.passage(wanted)
    return await (wanted.aperform() if passage is None else _last(passage))
