"""Flows side by side, in both drivers."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

from llm_strategy.errors import BudgetExceededError, ConfigurationError
from llm_strategy.flow import Emit, Parallel, Result, arun, run


def asking(request, times=1):
    answer = None
    for _ in range(times):
        answer = yield request
    return answer


def together(*flows, **options):
    return (yield Parallel(flows, **options))


def test_values_come_in_the_order_of_the_flows_whichever_ends_first(driver, tell):
    flows = [asking(tell(number), times=9 - number) for number in range(9)]

    assert driver.run(together(*flows)) == tuple(range(9))


def test_no_flows_give_no_values(driver):
    assert driver.run(together()) == ()
    assert driver.run(together(keep_errors=True)) == ()


def test_the_first_error_is_raised_in_the_flow_that_asked(driver, tell):
    def flow():
        try:
            yield Parallel((asking(tell(1)), asking(tell(ValueError("second")))))
        except ValueError as error:
            return f"recovered from {error}"

    assert driver.run(flow()) == "recovered from second"


def test_errors_can_be_kept_beside_values(driver, tell):
    error = ValueError("second")

    results = driver.run(together(asking(tell(1)), asking(tell(error)), asking(tell(3)), keep_errors=True))

    assert results == (Result(1), Result(error=error), Result(3))
    with pytest.raises(ValueError, match="second"):
        results[1].unwrap()


def test_flows_can_be_nested_in_parallel(driver, tell):
    inner = (together(asking(tell(row)), asking(tell(row + 1))) for row in (1, 3))

    assert driver.run(together(*inner)) == ((1, 2), (3, 4))


def test_emitted_values_of_parallel_flows_are_dropped(driver):
    def branch():
        yield Emit("lost")
        return 1

    def flow():
        yield Emit((yield Parallel((branch(), branch()))))

    assert driver.first(flow(), 1) == [(1, 1)]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_starts_no_flow_is_refused_when_it_is_made(limit):
    with pytest.raises(ConfigurationError, match=rf"Parallel\(limit={limit}\) would never start a flow"):
        Parallel((), limit=limit)


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_flows_than_the_limit_are_under_way(driver, tell, limit):
    lock, under_way, most = threading.Lock(), 0, 0

    def flow():
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        yield tell(None)
        yield tell(None)
        with lock:
            under_way -= 1

    driver.run(together(*(flow() for _ in range(8)), limit=limit))

    assert most <= limit
    assert under_way == 0


def test_flows_of_the_sync_driver_are_under_way_at_the_same_time(tell):
    both = threading.Barrier(2, timeout=10)

    assert sorted(run(together(asking(tell(both.wait)), asking(tell(both.wait))))) == [0, 1]


def test_flows_of_the_async_driver_are_under_way_at_the_same_time():
    class Meet:
        def __init__(self):
            self.other = asyncio.Event()

        async def aperform(self):
            if self.other.is_set():
                return "second"
            self.other.set()
            await asyncio.sleep(0)
            return "first"

    async def meet():
        request = Meet()
        return await arun(together(asking(request), asking(request)))

    assert asyncio.run(meet()) == ("first", "second")


def test_after_an_error_the_sync_driver_stops_siblings_at_their_next_step(tell):
    failed, steps, closed = threading.Event(), [], []

    def fail():
        failed.wait(10)
        raise ValueError("one fails")

    def sibling():
        try:
            while True:
                steps.append((yield tell(failed.set)))
        finally:
            closed.append(True)

    with pytest.raises(ValueError, match="one fails"):
        run(together(sibling(), asking(tell(fail))))
    assert closed == [True]
    assert steps


def test_after_an_error_the_sync_driver_does_not_start_flows_that_wait(tell):
    started = []

    def waiting():
        started.append(True)
        yield tell(None)

    with pytest.raises(ValueError, match="one fails"):
        run(together(asking(tell(ValueError("one fails"))), *(waiting() for _ in range(50)), limit=1))
    assert len(started) <= 1


def test_after_an_error_the_sync_driver_stops_the_flows_inside_siblings(tell):
    all_under_way, closed = threading.Barrier(5, timeout=10), []

    def fail():
        all_under_way.wait()
        raise ValueError("one fails")

    def endless():
        try:
            yield tell(all_under_way.wait)
            while True:
                yield tell(None)
        finally:
            closed.append(True)

    def nested(**options):
        try:
            yield Parallel((endless(), endless()), **options)
        except Exception as error:  # noqa: BLE001 (nothing may come here)
            closed.append(error)

    with pytest.raises(ValueError, match="one fails"):
        run(together(nested(), nested(keep_errors=True), asking(tell(fail))))
    assert closed == [True] * 4


def test_after_an_error_the_async_driver_cancels_siblings_at_once(tell):
    closed = []

    class Wait:
        async def aperform(self):
            await asyncio.Event().wait()

    def sibling():
        try:
            yield Wait()
        finally:
            closed.append(True)

    with pytest.raises(ValueError, match="one fails"):
        asyncio.run(arun(together(sibling(), asking(tell(ValueError("one fails"))), sibling())))
    assert closed == [True, True]


def test_cancelling_a_task_closes_all_parallel_flows():
    closed = []

    class Wait:
        async def aperform(self):
            await asyncio.Event().wait()

    def sibling(number):
        try:
            yield Wait()
        finally:
            closed.append(number)

    async def cancel():
        task = asyncio.ensure_future(arun(together(sibling(1), together(sibling(2), keep_errors=True))))
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert sorted(closed) == [1, 2]


@pytest.mark.parametrize("keep_errors", [False, True])
def test_a_keyboard_interrupt_in_a_thread_is_no_kept_error(tell, keep_errors):
    with pytest.raises(KeyboardInterrupt):
        run(together(asking(tell(KeyboardInterrupt())), asking(tell(1)), keep_errors=keep_errors))


def test_context_variables_are_visible_in_threads_and_tasks(driver, tell):
    variable = ContextVar("variable", default="unset")

    token = variable.set("set")
    try:
        assert driver.run(together(asking(tell(variable.get)), asking(tell(variable.get)))) == ("set", "set")
    finally:
        variable.reset(token)


def test_context_variables_that_one_flow_sets_are_not_seen_by_its_siblings(driver, tell):
    variable = ContextVar("variable", default="unset")

    def setting():
        yield tell(None)
        variable.set("set")
        return (yield tell(variable.get))

    def reading():
        for _ in range(5):
            yield tell(None)
        return (yield tell(variable.get))

    assert driver.run(together(setting(), reading())) == ("set", "unset")
    assert variable.get() == "unset"


def test_flows_are_taken_one_at_a_time_as_places_become_free(driver, tell):
    begun, ended, most = 0, 0, 0

    def one():
        nonlocal ended
        yield tell(None)
        ended += 1

    def endless():
        nonlocal begun, most
        while begun < 1000:
            begun += 1
            most = max(most, begun - ended)
            yield one()

    def flow():
        return len((yield Parallel(endless(), limit=4)))

    assert driver.run(flow()) == 1000
    assert most <= 6


def test_an_error_of_what_the_flows_come_from_is_raised_in_the_flow_that_asked(driver, tell):
    def flows():
        yield asking(tell(1))
        raise ValueError("no more")

    def flow():
        try:
            yield Parallel(flows(), keep_errors=True)
        except ValueError as error:
            return f"recovered from {error}"

    assert driver.run(flow()) == "recovered from no more"


def completed(*flows, **options):
    yield Parallel(flows, as_completed=True, **options)


def test_results_are_emitted_as_they_come_with_their_places(driver, tell):
    error = ValueError("second")
    flows = [asking(tell(1), times=50), asking(tell(error)), asking(tell(3), times=9)]

    results = driver.first(completed(*flows, limit=1), 3)

    assert results == [Result(1), Result(error=error), Result(3)]
    assert [result.index for result in results] == [0, 1, 2]
    assert [result.ok for result in results] == [True, False, True]


def test_results_come_in_the_order_in_which_they_are_there(driver, tell):
    def waiting(number):
        return asking(tell(number), times=1 + 200 * number)

    results = driver.first(completed(waiting(2), waiting(0), waiting(1)), 3)

    assert sorted(result.index for result in results) == [0, 1, 2]
    assert {result.index: result.value for result in results} == {0: 2, 1: 0, 2: 1}


def test_where_results_are_not_taken_no_more_flows_begin(driver, tell):
    begun = []

    def one(number):
        begun.append(number)
        return (yield tell(number))

    def flow():
        yield Parallel((one(number) for number in range(10**9)), as_completed=True, limit=2)

    assert len(driver.first(flow(), 3)) == 3
    assert len(begun) <= 2 + 3


def test_what_was_finished_is_kept_in_the_error_of_a_budget(driver, tell):
    error = BudgetExceededError("calls")

    with pytest.raises(BudgetExceededError) as caught:
        driver.run(together(asking(tell(1)), asking(tell(2)), asking(tell(error)), asking(tell(4)), limit=1))

    assert caught.value is error
    assert error.results == (1, 2)
