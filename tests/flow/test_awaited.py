"""A generator that blocks, read in an event loop."""

import asyncio
import threading
from contextlib import aclosing
from contextvars import ContextVar

import pytest

from llm_strategy.flow.awaited import awaited
from llm_strategy.flow.stopping import current_stop

WHERE = ContextVar("where", default="nowhere")


def numbers(ended, count=3):
    try:
        for number in range(count):
            yield number, WHERE.get(), threading.current_thread() is threading.main_thread()
    finally:
        ended.append(True)


def test_values_come_from_another_thread_in_the_context_of_the_call():
    async def read():
        token = WHERE.set("here")
        values = awaited(numbers(ended))
        WHERE.reset(token)
        return [value async for value in values]

    ended = []
    assert asyncio.run(read()) == [(number, "here", False) for number in range(3)]
    assert ended == [True]


def test_leaving_closes_the_generator():
    async def read():
        async with aclosing(awaited(numbers(ended))) as values:
            return await anext(values)

    ended = []
    assert asyncio.run(read())[0] == 0
    assert ended == [True]


def test_an_error_is_raised_where_it_is_read():
    def failing():
        yield 1
        raise ValueError("no more")

    async def read():
        return [value async for value in awaited(failing())]

    with pytest.raises(ValueError, match="no more"):
        asyncio.run(read())


def test_a_reader_that_is_cancelled_tells_the_generator_to_end():
    ended = threading.Event()

    def waiting():
        stop = current_stop()
        loop.call_soon_threadsafe(begun.set)
        stop.wait(10)
        ended.set()
        yield 1

    async def read():
        nonlocal loop, begun
        loop, begun = asyncio.get_running_loop(), asyncio.Event()
        task = asyncio.ensure_future(anext(awaited(waiting())))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    loop = begun = None
    asyncio.run(read())
    assert ended.wait(10)
