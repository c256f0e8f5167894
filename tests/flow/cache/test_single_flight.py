"""One request for all who ask at the same time, in threads, tasks and processes."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from llm_strategy import budget, caching, retrying
from llm_strategy.errors import BudgetExceededError, TimedOutError, TransportError
from llm_strategy.flow import Parallel, arun, carried, run
from llm_strategy.flow.cache.flights import Flight
from llm_strategy.flow.cache.shared import borrowed, give_back
from llm_strategy.flow.cache.work import WaitFor
from llm_strategy.flow.fingerprint import fingerprint
from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import stoppable
from llm_strategy.messages import Message, Reply


async def until(true):
    while not true():  # noqa: ASYNC110 (threads and loops of every kind set it)
        await asyncio.sleep(0)


def asked(request):
    return (yield request)


def test_tasks_share_one_request(model, path):
    async def all_at_once():
        return await asyncio.gather(*(arun(asked(model.request())) for _ in range(20)))

    with caching(path):
        replies = asyncio.run(all_at_once())
    assert len(model.asked) == 1
    assert sorted(reply.cached for reply in replies) == [False] + [True] * 19


def test_threads_and_loops_share_one_request(model, path):
    model.hold = threading.Event()

    def in_loop():
        return asyncio.run(arun(asked(model.request())))

    def in_thread():
        return run(asked(model.request()))

    with caching(path), ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(carried(call)) for call in (in_loop, in_thread) * 4]
        while not model.asked:
            pass
        model.hold.set()
        replies = [future.result() for future in futures]
    assert len(model.asked) == 1
    assert sum(not reply.cached for reply in replies) == 1


def test_flows_side_by_side_share_one_request(drive, model, path):
    def flow():
        return (yield Parallel([asked(model.request()) for _ in range(5)]))

    with caching(path):
        drive(flow())
    assert len(model.asked) == 1


def test_where_one_fails_the_next_one_tries_and_not_all_at_once(models, path):
    answers = iter([TransportError("down"), TransportError("down"), "Paris"])
    model = models(lambda _: next(answers))

    async def all_at_once():
        calls = (arun(asked(model.request())) for _ in range(10))
        return await asyncio.gather(*calls, return_exceptions=True)

    with caching(path):
        results = asyncio.run(all_at_once())
    assert len(model.asked) == 3
    assert sum(isinstance(one, TransportError) for one in results) == 2


def test_a_reply_that_is_not_kept_is_for_nobody_else(models, path):
    model = models(Reply(Message.assistant("Par"), "length"))

    async def all_at_once():
        return await asyncio.gather(*(arun(asked(model.request())) for _ in range(5)))

    with caching(path):
        asyncio.run(all_at_once())
    assert len(model.asked) == 5


def test_who_is_cancelled_while_he_asks_leaves_it_to_the_next_one(models, path):
    model = models(hold=threading.Event())

    async def all_at_once():
        first = asyncio.ensure_future(arun(asked(model.request())))
        await until(lambda: model.asked)
        second = asyncio.ensure_future(arun(asked(model.request())))
        await asyncio.sleep(0.01)
        first.cancel()
        model.hold.set()
        return await second

    with caching(path):
        assert asyncio.run(all_at_once()).message.content == "Paris"
    assert len(model.asked) == 2


def test_who_waits_may_be_cancelled(models, path):
    model = models(hold=threading.Event())

    async def all_at_once():
        first = asyncio.ensure_future(arun(asked(model.request())))
        await until(lambda: model.asked)
        second = asyncio.ensure_future(arun(asked(model.request())))
        await asyncio.sleep(0.01)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        model.hold.set()
        return await first

    with caching(path):
        assert asyncio.run(all_at_once()).message.content == "Paris"


def test_a_reply_that_came_is_kept_even_where_nobody_wants_it_any_more(model, path):
    """The asker is told to end while the model answers: the flow gets the reply, and no further request is made."""
    with caching(path):
        with stoppable() as stop:
            model.answer = lambda _: stop.set() or "Paris"
            with pytest.raises(Cancelled):
                run(asked(model.request()))
        assert run(asked(model.request())).cached
    assert len(model.asked) == 1


def test_waiting_ends_with_the_work_around_it(path):
    flight = Flight()
    result = []

    def waits():
        with stoppable() as stop:
            threading.Timer(0.01, stop.set).start()
            try:
                WaitFor(flight).perform()
            except Cancelled as error:
                result.append(type(error).__name__)

    thread = threading.Thread(target=waits)
    thread.start()
    thread.join(20)
    assert result == ["Cancelled"]


def test_nobody_waits_for_himself(models, path):
    """A sync call inside a task waits for nothing that only its own thread could finish."""
    model = models(hold=threading.Event())

    async def outer():
        first = asyncio.ensure_future(arun(asked(model.request())))
        await until(lambda: model.asked)
        model.hold.set()
        inner = run(asked(model.request()))
        return inner, await first

    with caching(path):
        inner, first = asyncio.run(outer())
    assert (inner.message, len(model.asked)) == (first.message, 2)


@pytest.mark.parametrize("limit", ["timeout", "deadline"])
def test_waiting_for_another_ends_in_time(models, path, limit):
    model = models(hold=threading.Event())

    async def both():
        first = asyncio.ensure_future(arun(asked(model.request())))
        await until(lambda: model.asked)
        limits = {limit: 0.02 if limit == "timeout" else time.monotonic() + 0.02}
        with pytest.raises(TimedOutError):
            await arun(asked(model.request(**limits)))
        model.hold.set()
        await first

    with caching(path):
        asyncio.run(both())
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("scope", "error"),
    [
        (lambda: retrying(deadline=0.02), TimedOutError),
        (lambda: budget(seconds=0.02), BudgetExceededError),
        (lambda: nested(retrying(deadline=60), budget(seconds=60), budget(seconds=0.02)), BudgetExceededError),
    ],
)
def test_waiting_for_another_ends_by_the_limits_of_scopes(drive, models, path, scope, error):
    model = models(hold=threading.Event())
    with caching(path), ThreadPoolExecutor(1) as pool:
        first = pool.submit(carried(lambda: run(asked(model.request()))))
        while not model.asked:
            pass
        with scope(), pytest.raises(error):
            drive(asked(model.request()))
        model.hold.set()
        assert first.result().message.content == "Paris"
    assert len(model.asked) == 1


@contextmanager
def nested(*scopes):
    with ExitStack() as stack:
        for scope in scopes:
            stack.enter_context(scope)
        yield


def test_a_deadline_counts_from_when_the_call_was_first_asked(path, model):
    with caching(path), retrying(deadline=60):
        leased_elsewhere(path, model.request())
        with pytest.raises(TimedOutError, match="the same request was under way"):
            run(asked(model.request(began=time.monotonic() - 60)))
    assert not model.asked


def test_who_has_waited_as_long_as_all_his_attempts_may_take_asks_by_himself(drive, models, path):
    holds = iter([threading.Event(), None])
    model = models(hold=next(holds))
    with caching(path), ThreadPoolExecutor(1) as pool:
        held = model.hold
        first = pool.submit(carried(lambda: run(asked(model.request()))))
        while not model.asked:
            pass
        model.hold = next(holds)
        with retrying(attempts=2, timeout=0.01):
            assert not drive(asked(model.request())).cached
        held.set()
        first.result()
    assert len(model.asked) == 2


def test_who_has_waited_long_enough_for_another_process_asks_by_himself(drive, asking, model, path):
    with caching(path), retrying(attempts=2, timeout=0.02):
        leased_elsewhere(path, model.request())
        assert not drive(asking(model.request())).cached
    assert len(model.asked) == 1


@pytest.mark.parametrize("closed", [True, False])
def test_a_loop_that_is_left_with_a_call_under_way_leaves_it_to_the_next_one(drive, models, path, monkeypatch, closed):
    monkeypatch.setattr("llm_strategy.flow.cache.flights.LOOK", 0.01)
    model, loop = models(hold=threading.Event()), asyncio.new_event_loop()
    with caching(path):
        task = in_another_thread(lambda: loop.create_task(arun(asked(model.request()))))
        in_another_thread(lambda: loop.run_until_complete(until(lambda: model.asked)))
        if closed:
            loop.close()
            LEFT.append(task)
        model.hold.set()
        assert not drive(asked(model.request())).cached
        assert drive(asked(model.request())).cached
        if not closed:
            assert loop.run_until_complete(task).message.content == "Paris"
            loop.close()
    if closed:
        give_back(path)  # in the stead of the flow that nobody can end
    assert len(model.asked) == 2


LEFT = []
"""Tasks of loops that were closed: nobody can end them, and to collect them is loud."""


def in_another_thread(call):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(carried(call)).result()


def leased_elsewhere(path, request):
    """A lease of another process that is alive: the one that started this one."""
    import os

    with borrowed(path) as cache:
        cache.store.claim(fingerprint(request), "token of another process")
        writer = cache.store._database.writer
        writer.execute("UPDATE leases SET process = ?", (os.getppid(),))


def test_what_another_process_asks_for_is_waited_for(drive, asking, model, path):
    request = model.request()
    with caching(path):
        leased_elsewhere(path, request)

        def brings():
            from llm_strategy.flow.cache.known import entry_of

            with borrowed(path) as cache:
                entry = entry_of(request, Reply(Message.assistant("from elsewhere"), "stop"), fingerprint(request))
                cache.store.put(entry, 2**20, "token of another process")

        timer = threading.Timer(0.05, brings)
        timer.start()
        reply = drive(asking(request))
        timer.join()
    assert (reply.message.content, reply.cached) == ("from elsewhere", True)
    assert not model.asked


def test_where_another_process_gives_up_this_one_asks(drive, asking, model, path):
    request = model.request()
    with caching(path):
        leased_elsewhere(path, request)

        def gives_up():
            with borrowed(path) as cache:
                cache.store.release(fingerprint(request), "token of another process")

        timer = threading.Timer(0.05, gives_up)
        timer.start()
        reply = drive(asking(request))
        timer.join()
    assert (reply.message.content, reply.cached) == ("Paris", False)


def test_waiting_for_another_process_ends_in_time(drive, asking, model, path):
    request = model.request(timeout=0.03)
    with caching(path):
        leased_elsewhere(path, request)
        with pytest.raises(TimedOutError):
            drive(asking(request))
