"""Taking the context of a call along."""

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_strategy.flow import ContextThreadPoolExecutor, carried
from llm_strategy.flow.context import Within

VALUE = contextvars.ContextVar("value", default="none")


def value():
    return VALUE.get()


@pytest.fixture
def inside():
    token = VALUE.set("inside")
    yield
    VALUE.reset(token)


def test_a_carried_function_runs_in_the_context_of_its_making(inside):
    taken = carried(value)
    VALUE.set("later")

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(value).result() == "none"
        assert pool.submit(taken).result() == "inside"
    assert taken.__name__ == "value"


def test_a_carried_function_may_run_many_times_at_once(inside):
    together = threading.Barrier(4)

    def work(number):
        before = value()
        VALUE.set(str(number))
        together.wait(5)
        return before, value()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(carried(work), range(4))) == [("inside", str(number)) for number in range(4)]
    assert value() == "inside"


def test_a_carried_function_passes_arguments_and_errors_on():
    def divide(one, *, by):
        return one / by

    assert carried(divide)(4, by=2) == 2
    with pytest.raises(ZeroDivisionError):
        carried(divide)(4, by=0)


def test_an_async_function_is_carried_to_whoever_awaits_it(inside):
    async def work():
        before = value()
        VALUE.set("changed")
        await asyncio.sleep(0)
        return before, value()

    taken = carried(work)
    found = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(taken())))
    thread.start()
    thread.join()

    assert found == [("inside", "changed")]
    assert value() == "inside"


def test_the_pool_takes_the_context_of_each_submission():
    def submitted(name):
        VALUE.set(name)
        return pool.submit(value)

    with ContextThreadPoolExecutor(2) as pool:
        futures = [contextvars.copy_context().run(submitted, name) for name in "abc"]
        assert [future.result() for future in futures] == ["a", "b", "c"]
        assert list(contextvars.copy_context().run(_mapped, pool)) == ["mapped"] * 2


def _mapped(pool):
    VALUE.set("mapped")
    return pool.map(lambda _: value(), range(2))


def test_what_is_awaited_within_keeps_its_context_from_one_await_to_the_next(inside):
    async def work():
        VALUE.set("own")
        await asyncio.sleep(0)
        return value()

    async def go():
        return await Within(contextvars.copy_context(), work()), value()

    assert asyncio.run(go()) == ("own", "inside")


def test_a_cancelled_task_is_told_within():
    seen = []

    async def work():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append(value())
            raise

    async def go():
        context = contextvars.copy_context()
        context.run(VALUE.set, "own")
        task = asyncio.ensure_future(_awaiting(Within(context, work())))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(go())
    assert seen == ["own"]


async def _awaiting(awaitable):
    return await awaitable


def test_an_error_within_is_an_error_outside():
    async def fail():
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        asyncio.run(_awaiting(Within(contextvars.copy_context(), fail())))
