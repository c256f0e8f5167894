"""Work beside an event loop."""

import asyncio
import threading

import pytest

from llm_strategy.flow.cache.background import Background, is_in_loop
from llm_strategy.flow.cache.flights import Flight
from llm_strategy.flow.cache.heartbeat import Heartbeat
from llm_strategy.flow.cache.work import WaitFor, Work


@pytest.fixture
def background():
    made = Background()
    yield made
    made.finish(lambda: None, here=True)


def test_work_is_done_here_in_a_thread_and_elsewhere_in_a_loop(background):
    here = threading.get_ident()
    assert Work(threading.get_ident, background).perform() == here
    assert asyncio.run(Work(threading.get_ident, background).aperform()) != here


def test_work_that_was_begun_is_done_where_the_task_is_cancelled(background):
    began, go, done = threading.Event(), threading.Event(), []

    def call():
        began.set()
        go.wait(20)
        done.append(1)

    async def cancelled():
        task = asyncio.ensure_future(Work(call, background).aperform())
        while not began.is_set():  # noqa: ASYNC110 (a thread sets it)
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        go.set()

    asyncio.run(cancelled())
    background.finish(lambda: None, here=True)
    assert done == [1]


def test_work_that_nobody_began_is_done_by_and_by_and_once(background):
    done = []
    work = Work(lambda: done.append(1), background)
    work.ensure()
    work.ensure()
    background.finish(lambda: done.append("last"), here=True)
    assert done == [1, "last"]


def test_work_that_was_done_is_not_done_again(background):
    done = []
    work = Work(lambda: done.append(1), background)
    work.perform()
    work.ensure()
    background.finish(lambda: None, here=True)
    assert done == [1]


def test_the_end_is_done_here_where_no_thread_works_and_no_loop_waits():
    threads = []
    Background().finish(lambda: threads.append(threading.get_ident()), here=True)
    assert threads == [threading.get_ident()]


@pytest.mark.parametrize("here", [True, False])
def test_a_loop_does_not_wait_for_the_end(here):
    ended, ends = threading.Event(), threading.Event()

    async def finish():
        Background().finish(lambda: (ends.wait(20), ended.set()), here=here)
        assert not ended.is_set()
        ends.set()

    asyncio.run(finish())
    assert ended.wait(20)


def test_a_loop_is_known_where_it_runs():
    async def inside():
        return is_in_loop(), await asyncio.to_thread(is_in_loop)

    assert not is_in_loop()
    assert asyncio.run(inside()) == (True, False)


def test_nobody_waits_in_a_loop_that_is_closed():
    flight = Flight()

    async def given_up():
        task = asyncio.ensure_future(WaitFor(flight).aperform())
        await asyncio.sleep(0)
        flight.on_end(lambda: None)
        return task

    from llm_strategy.flow.cache.work import _told

    loop = asyncio.new_event_loop()
    future = loop.create_future()
    loop.close()
    _told(loop, future)
    asyncio.run(given_up())


def test_leases_are_renewed_while_they_are_held():
    renewed, twice = [], threading.Event()

    def renew(tokens):
        renewed.append(sorted(tokens))
        if len(renewed) == 2:
            twice.set()

    heart = Heartbeat(renew, every=0.001)
    heart.hold("a")
    heart.hold("b")
    assert twice.wait(20)
    heart.let_go("a")
    heart.let_go("b")
    heart.let_go("unknown")
    heart.close()
    assert ["a", "b"] in renewed


def test_the_thread_ends_where_nothing_is_held_and_begins_again():
    renewed = threading.Event()
    heart = Heartbeat(lambda _: renewed.set(), every=0.001)
    heart.hold("a")
    heart.let_go("a")
    while heart._runs:
        pass
    renewed.clear()
    heart.hold("b")
    assert renewed.wait(20)
    heart.close()
