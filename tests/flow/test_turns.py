"""Waiting for what another flow gives."""

import asyncio
import threading

import pytest

from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import stoppable
from llm_strategy.flow.turns import Turn, WaitFor


def one(request):
    return (yield request)


def test_what_is_given_before_is_there_at_once(driver):
    turn = Turn()
    assert turn.give()
    assert driver.run(one(WaitFor(turn))) is True


def test_who_waits_is_told_by_another_thread(driver):
    turn = Turn()
    giver = threading.Timer(0.01, turn.give)
    giver.start()
    assert driver.run(one(WaitFor(turn))) is True
    giver.join()


def test_a_wait_may_have_an_end(driver):
    assert driver.run(one(WaitFor(Turn(), 0.001))) is False


def test_giving_twice_is_of_no_matter(driver):
    turn = Turn()
    turn.give()
    turn.give()
    assert driver.run(one(WaitFor(turn))) is True


def test_a_thread_that_is_told_to_end_waits_no_longer():
    with stoppable() as stop:
        threading.Timer(0.01, stop.set).start()
        with pytest.raises(Cancelled):
            WaitFor(Turn()).perform()


def test_a_task_that_was_cancelled_is_not_told():
    turn = Turn()

    async def cancelled():
        task = asyncio.ensure_future(WaitFor(turn).aperform())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert turn.give()
        await asyncio.sleep(0)

    asyncio.run(cancelled())


def test_the_giver_is_told_when_the_event_loop_of_who_waits_was_closed():
    turn, loop = Turn(), asyncio.new_event_loop()
    task = loop.create_task(WaitFor(turn).aperform())
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    task._log_destroy_pending = False

    assert turn.gone
    assert not turn.give()


def test_one_who_waits_in_a_loop_that_runs_is_not_gone():
    turn = Turn()
    assert not turn.gone
    asyncio.run(asyncio.wait_for(WaitFor(turn, 0.001).aperform(), 1))
    assert turn.gone
