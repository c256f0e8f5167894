"""Waiting for what others may give back: no longer than the call may take, and for nobody who is gone."""

import asyncio
import time
from contextlib import ExitStack

import pytest

from llm_strategy import budget, retrying
from llm_strategy.errors import BudgetExceededError, TimedOutError
from llm_strategy.flow import arun, run
from llm_strategy.flow.budgets import Amount, Limits, LocalLedger, Wanted


def one(request):
    return (yield request)


@pytest.fixture
def held(opened):
    """Opens a budget, all of which is reserved by a request under way."""

    def make(**limits):
        scope, spent = opened(**limits)
        spent.ledger.reserve(Wanted(10, 100, 100))
        return scope, spent

    return make


@pytest.mark.parametrize("limits", [{"calls": 1}, {"tokens": 150}])
@pytest.mark.parametrize("policy", [{"deadline": 0.02}, {"deadline": 0.02, "timeout": 60}])
def test_the_wait_ends_by_the_deadline_of_the_call(answer, billed, request_to, held, limits, policy):
    model = billed()
    scope, spent = held(**limits)

    with scope, retrying(**policy), pytest.raises(TimedOutError, match="requests under way have reserved what is left"):
        answer(request_to(model))

    assert (model.sent, spent.calls, spent.ledger.state().held.calls) == ([], 0, 1)


def test_a_deadline_of_the_request_itself_counts(answer, billed, request_to, held):
    scope, _ = held(calls=1)
    with scope, pytest.raises(TimedOutError, match="was not asked"):
        answer(request_to(billed(), deadline=time.monotonic() + 0.02))


@pytest.mark.parametrize("outside", [True, False])
def test_the_wait_ends_with_the_time_of_another_budget(answer, billed, request_to, outside):
    model = billed()
    with ExitStack() as scopes:
        if outside:
            scopes.enter_context(budget(seconds=0.02))
        spent = scopes.enter_context(budget(calls=1))
        spent.ledger.reserve(Wanted())
        if not outside:
            scopes.enter_context(budget(seconds=0.02))
        with pytest.raises(BudgetExceededError) as caught:
            answer(request_to(model))

    assert caught.value.limit == "seconds"
    assert (model.sent, spent.calls) == ([], 0)


def test_who_gave_up_waiting_holds_up_nobody(answer, billed, request_to, opened):
    model = billed()
    scope, spent = opened(calls=1)
    grant = spent.ledger.reserve(Wanted())

    with scope:
        with retrying(deadline=0.01), pytest.raises(TimedOutError):
            answer(request_to(model))
        spent.ledger.settle(grant, Amount())
        answer(request_to(model))

    assert spent.calls == 1


async def wished(ledger):
    return ledger.reserve(Wanted())


@pytest.fixture
def other_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def in_thread(ledger, wish):
    return run(one(ledger.waiting(wish)))


def in_loop(ledger, wish):
    return asyncio.run(arun(one(ledger.waiting(wish))))


@pytest.fixture(params=[in_thread, in_loop])
def decided(request, monkeypatch):
    monkeypatch.setattr("llm_strategy.flow.budgets.local_ledger.LOOK", 0.005)
    return request.param


def test_nobody_waits_for_a_loop_that_was_closed(decided, other_loop, hand):
    """What its request cost nobody knows: it stays reserved."""
    ledger = LocalLedger(Limits(calls=2), hand)
    first, lost = ledger.reserve(Wanted()), other_loop.run_until_complete(wished(ledger))
    third = ledger.reserve(Wanted())
    other_loop.close()
    ledger.settle(first, Amount(1))

    with pytest.raises(BudgetExceededError, match="1 call spent and 1 reserved by requests under way"):
        decided(ledger, third)
    ledger.settle(lost, Amount())  # its flow was collected in the end
    assert not ledger.reserve(Wanted()).waiting


def test_a_loop_may_be_closed_while_others_wait_for_it(other_loop, hand, monkeypatch):
    monkeypatch.setattr("llm_strategy.flow.budgets.local_ledger.LOOK", 0.005)
    ledger = LocalLedger(Limits(calls=1), hand)
    other_loop.run_until_complete(wished(ledger))
    waiting = ledger.reserve(Wanted())
    look = ledger.look
    monkeypatch.setattr(ledger, "look", lambda: (look(), other_loop.close()))

    with pytest.raises(BudgetExceededError, match="1 reserved by requests under way"):
        in_thread(ledger, waiting)


def test_who_queued_up_in_a_loop_that_was_closed_is_passed_over(decided, other_loop, hand):
    ledger = LocalLedger(Limits(tokens=200), hand)
    first = ledger.reserve(Wanted(10, 90))

    async def greater():
        return ledger.reserve(Wanted(10, 180))

    assert other_loop.run_until_complete(greater()).waiting
    small = ledger.reserve(Wanted(10, 10))
    assert small.waiting
    other_loop.close()

    assert decided(ledger, small).reply == 10
    ledger.settle(first, Amount(1, 100))


def test_where_all_are_of_one_loop_nobody_looks(other_loop, hand):
    ledger = LocalLedger(Limits(calls=1), hand)

    async def both():
        ledger.reserve(Wanted())
        return ledger.waiting(ledger.reserve(Wanted()))

    assert not other_loop.run_until_complete(both()).looks
