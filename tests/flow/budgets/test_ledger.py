"""The books of a budget under many hands."""

import asyncio
import pickle
import random
import threading

import pytest

from llm_strategy.errors import BudgetExceededError
from llm_strategy.flow import Parallel, arun, run
from llm_strategy.flow.budgets import Amount, Grant, Limits, LocalLedger, State, Wanted


def one(request):
    return (yield request)


def wanted(prompt=10, reply=90):
    return Wanted(prompt, reply, 50, 1, 2)


def test_what_is_reserved_is_given_back_or_spent(hand):
    ledger = LocalLedger(Limits(tokens=1_000, money=10_000), hand)
    grant = ledger.reserve(wanted())
    assert grant.held == Amount(1, 100, 190)
    ledger.settle(grant, Amount(1, 60, 70))
    ledger.settle(grant, Amount(1, 60, 70))

    assert ledger.state() == State(Limits(tokens=1_000, money=10_000), Amount(1, 60, 70), Amount(), 0)


def test_who_may_get_enough_back_waits_in_order(hand):
    ledger = LocalLedger(Limits(tokens=200), hand)
    first, second = ledger.reserve(wanted()), ledger.reserve(wanted())
    third, fourth = ledger.reserve(wanted()), ledger.reserve(wanted(1, 9))
    assert third.waiting
    assert fourth.waiting

    ledger.settle(first, Amount(1, 20))
    ledger.settle(second, Amount(1, 30))
    assert run(one(ledger.waiting(third))).reply == 90
    assert run(one(ledger.waiting(fourth))).reply == 9


def test_who_waits_in_vain_is_refused_and_the_next_is_served(hand):
    ledger = LocalLedger(Limits(tokens=200), hand)
    first = ledger.reserve(wanted(10, 150))
    great, small = ledger.reserve(wanted(150, 50)), ledger.reserve(wanted(5, 5))

    ledger.settle(first, Amount(1, 160))
    with pytest.raises(BudgetExceededError, match="160 tokens spent, and a prompt of up to 150 tokens"):
        run(one(ledger.waiting(great)))
    assert run(one(ledger.waiting(small))).reply == 5


def test_the_last_one_gets_what_is_left(hand):
    ledger = LocalLedger(Limits(tokens=100), hand)
    grant = ledger.reserve(wanted(10, 5_000))
    assert (grant.reply, grant.rest) == (90, True)


def test_nobody_waits_for_what_cannot_be_enough(hand):
    ledger = LocalLedger(Limits(tokens=200), hand)
    ledger.reserve(wanted(10, 100))
    with pytest.raises(BudgetExceededError, match="a prompt of up to 190 tokens"):
        ledger.reserve(wanted(190, 50))


def test_who_comes_after_the_time_is_over_is_refused_with_those_who_wait(hand):
    ledger = LocalLedger(Limits(calls=1, seconds=10), hand)
    ledger.reserve(Wanted())
    waiting = ledger.reserve(Wanted())
    hand.now += 10
    with pytest.raises(BudgetExceededError, match="seconds are over"):
        ledger.reserve(Wanted())
    with pytest.raises(BudgetExceededError, match="seconds are over"):
        run(one(ledger.waiting(waiting)))


def test_nobody_waits_for_a_stream(hand):
    ledger = LocalLedger(Limits(tokens=200), hand)
    stream = ledger.reserve(wanted(10, 150))
    waiting = ledger.reserve(wanted(100, 50))
    assert waiting.waiting
    ledger.opened(stream)

    with pytest.raises(BudgetExceededError, match="0 tokens spent and 160 reserved by requests under way"):
        run(one(ledger.waiting(waiting)))
    with pytest.raises(BudgetExceededError):
        ledger.reserve(wanted(100, 50))
    ledger.settle(stream, Amount())
    ledger.opened(stream)
    assert ledger.reserve(wanted(100, 50)).reply == 50


def test_who_is_told_to_end_while_it_waits_is_out_of_the_queue(hand):
    ledger = LocalLedger(Limits(calls=1), hand)
    first, second, third = [ledger.reserve(Wanted()) for _ in range(3)]
    ledger.settle(second, Amount())
    ledger.settle(first, Amount())

    assert run(one(ledger.waiting(third))) == Grant(3, Amount(1))
    assert ledger.state().held == Amount(1)


def test_who_waited_in_a_loop_that_was_closed_holds_nothing(hand):
    ledger = LocalLedger(Limits(calls=1), hand)
    first, lost, third = [ledger.reserve(Wanted()) for _ in range(3)]
    ledger.waiting(lost).queued.turn.on_given(lambda: None, lambda: True)
    ledger.settle(first, Amount())

    assert run(one(ledger.waiting(third))).held == Amount(1)


def test_the_time_of_a_budget_ends_the_wait():
    ledger = LocalLedger(Limits(calls=1, seconds=0.02))
    first, second, third = [ledger.reserve(Wanted()) for _ in range(3)]

    with pytest.raises(BudgetExceededError, match="seconds are over"):
        run(one(ledger.waiting(second)))
    with pytest.raises(BudgetExceededError, match="seconds are over"):
        asyncio.run(arun(one(ledger.waiting(third))))
    assert first.seconds is not None


def test_what_goes_in_and_out_can_be_pickled(hand):
    ledger = LocalLedger(Limits(calls=1, money=5), hand)
    for value in (wanted(), ledger.reserve(Wanted()), ledger.state()):
        assert pickle.loads(pickle.dumps(value)) == value
    with pytest.raises(BudgetExceededError) as caught:
        LocalLedger(Limits(calls=0), hand).reserve(Wanted())
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.limit, copy.results) == (str(caught.value), "calls", ())


@pytest.mark.parametrize("seed", range(4))
def test_the_books_are_right_whatever_threads_do(seed):
    """Threads reserve, wait, settle and give up, in any order: the sum of all is never above the limits."""
    limits = Limits(calls=400, tokens=20_000, money=30_000)
    ledger, broken, spent = LocalLedger(limits), [], []

    def check():
        state = ledger.state()
        taken = state.spent + state.held
        if taken.calls > 400 or taken.tokens > 20_000 or taken.money > 30_000 or min(taken.calls, taken.tokens) < 0:
            broken.append(taken)

    def work(number):
        dice = random.Random(seed * 100 + number)
        while True:
            try:
                wish = Wanted(dice.randrange(50), dice.choice([None, 10, 100, 900]), dice.randrange(1, 200), 1, 2)
                grant = ledger.reserve(wish)
                if grant.waiting and dice.random() < 0.1:
                    ledger.settle(grant, Amount())
                    continue
                if grant.waiting:
                    grant = ledger.waiting(grant).perform()
            except BudgetExceededError:
                return
            check()
            reply = dice.randrange(grant.reply + 1)
            cost = Amount() if dice.random() < 0.05 else wish.amount(reply)
            spent.append(cost)
            ledger.settle(grant, cost)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()

    assert broken == []
    state = ledger.state()
    assert state.held == Amount()
    assert state.spent == sum(spent, Amount())
    assert state.spent.calls == 400 or state.spent.tokens > 19_500 or state.spent.money > 29_500


@pytest.mark.parametrize("limit", [{"calls": 50}, {"tokens": 2_500}, {"dollars": 0.0025}])
def test_no_number_of_threads_or_tasks_spends_more(driver, billed, request_to, opened, limit):
    model = billed()
    scope, spent = opened(**limit)

    def several():
        flows = (one(request_to(model, f"Hello {number}.")) for number in range(120))
        return (yield Parallel(tuple(flows), keep_errors=True, limit=64))

    with scope:
        results = driver.run(several())

    answered = [result for result in results if result.error is None]
    assert len(model.sent) == spent.calls
    assert len(model.sent) - len(answered) in {0, 1}  # the last reply may be cut off
    assert spent.tokens == model.tokens
    assert {type(result.error) for result in results} == {type(None), BudgetExceededError}
    assert 45 <= spent.calls <= limit.get("calls", 62)
    assert spent.tokens <= limit.get("tokens", 2_500)
    assert spent.dollars <= limit.get("dollars", 0.0025)
    assert spent.ledger.state().held == Amount()


def test_cancelled_tasks_give_back_what_they_had_reserved(billed, request_to, opened):
    class Slow(billed):
        async def areply(self, request):
            await asyncio.sleep(60)

    model = Slow()
    scope, spent = opened(calls=10)

    async def work():
        with scope:
            flows = tuple(one(request_to(model)) for _ in range(20))
            task = asyncio.ensure_future(arun(one(Parallel(flows, limit=20))))
            await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(work())
    assert spent.ledger.state().held == Amount()
    assert spent.calls == 10
    assert spent.estimated == 10


def test_what_does_not_fit_waits_for_wider_limits():
    ledger = LocalLedger(Limits(calls=1), grows=True)
    assert not ledger.reserve(Wanted()).waiting
    waiting = ledger.reserve(Wanted())
    assert waiting.waiting
    decision = ledger.waiting(waiting)

    ledger.widen(Limits(calls=2))

    assert not decision.perform().waiting
    assert ledger.state().held == Amount(calls=2)


def test_what_fits_does_not_know_of_wider_limits():
    ledger = LocalLedger(Limits(tokens=640), grows=True)
    ledger.widen(Limits(tokens=64_000))
    assert ledger.reserve(Wanted(likely=1)).reply == 20
    assert ledger.state().limits == Limits(tokens=640)
    assert ledger.reserve(Wanted(prompt=700, likely=1)).reply > 1_000
    assert ledger.state().limits == Limits(tokens=64_000)


def test_narrowed_limits_hold_at_once():
    ledger = LocalLedger(Limits(calls=9), grows=True)
    ledger.narrow(Limits(calls=0))
    with pytest.raises(BudgetExceededError):
        ledger.reserve(Wanted())
