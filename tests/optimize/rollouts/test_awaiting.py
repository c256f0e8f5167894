"""Waiting for async tasks in threads that have no event loop."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import stoppable
from llm_strategy.optimize.rollouts.awaiting import awaited

HERE = ContextVar("here", default="outside")


async def where():
    await asyncio.sleep(0)
    return HERE.get(), asyncio.get_running_loop()


def test_what_is_awaited_has_the_context_of_the_call():
    token = HERE.set("inside")
    try:
        assert awaited(where())[0] == "inside"
    finally:
        HERE.reset(token)
    assert awaited(where())[0] == "outside"


def test_all_of_them_share_one_event_loop_whatever_thread_asks():
    loops = []
    threads = [threading.Thread(target=lambda: loops.append(awaited(where())[1])) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({*loops, awaited(where())[1]}) == 1


def test_it_works_inside_of_a_running_event_loop():
    async def outer():
        return awaited(where())[0]

    assert asyncio.run(outer()) == "outside"


def test_an_error_is_raised_where_it_is_waited_for():
    async def failing():
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        awaited(failing())


def test_what_leaves_the_program_leaves_the_loop_alone():
    async def leaving():
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        awaited(leaving())
    assert awaited(where())[0] == "outside"


def test_a_task_that_cancels_itself_has_failed():
    async def cancelling():
        raise asyncio.CancelledError

    with pytest.raises(RuntimeError, match="cancelled itself"):
        awaited(cancelling())


def test_told_to_end_it_is_cancelled():
    ended = threading.Event()
    with stoppable() as stop:

        async def endless():
            stop.set()
            try:
                await asyncio.sleep(3600)
            finally:
                ended.set()

        with pytest.raises(Cancelled):
            awaited(endless())
    assert ended.is_set()


def test_any_awaitable_will_do():
    class Ready:
        def __await__(self):
            yield from asyncio.sleep(0).__await__()
            return 3

    assert awaited(Ready()) == 3
