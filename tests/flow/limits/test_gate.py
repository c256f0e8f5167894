"""The gate by itself: in order, in threads, in the tasks of several event loops."""

import asyncio
import random
import threading

import pytest

from llm_strategy.errors import RateLimitedError
from llm_strategy.flow import Parallel, Stream, arun, layered, run
from llm_strategy.flow.limits.accounts import Accounts
from llm_strategy.flow.limits.adaptive import Adaptive
from llm_strategy.flow.limits.gate import Gate
from llm_strategy.flow.limits.layer import LimitsLayer
from llm_strategy.flow.limits.rates import Rates
from llm_strategy.messages import Message, Reply


class Fixed(Adaptive):
    def succeeded(self, at_once):
        pass

    def refused(self, begun, at_once):
        pass


def test_a_limit_doubles_in_the_time_of_a_request_until_the_first_refusal():
    limit = Adaptive(start=10)
    for _ in range(10):
        limit.succeeded(at_once=limit.allowed)
    assert limit.allowed == 20

    limit.refused(begun=0, at_once=100)
    assert limit.allowed == 17
    for _ in range(17):
        limit.succeeded(at_once=17)
    assert limit.allowed in {17, 18}


def test_a_limit_that_nobody_reaches_does_not_grow():
    limit = Adaptive(start=10)
    for _ in range(100):
        limit.succeeded(at_once=5)
    assert limit.allowed == 10


def test_requests_of_the_old_limit_do_not_let_it_go_back_again():
    limit = Adaptive(start=10)
    for _ in range(10):
        limit.refused(begun=0, at_once=10)
    assert limit.allowed == 8


def test_a_limit_never_goes_below_one_nor_beyond_reason():
    limit = Adaptive(start=2)
    for number in range(100):
        limit.refused(begun=number, at_once=2)
    assert limit.allowed == 1
    limit.limit = 2_048
    limit.succeeded(at_once=2_048)
    assert limit.allowed == 2_048


def test_an_account_that_was_asked_little_keeps_a_limit_of_use():
    limit = Adaptive(start=500)
    limit.refused(begun=0, at_once=3)
    assert limit.allowed == 54


@pytest.mark.parametrize("hidden", [3, 10, 40, 150, 400])
@pytest.mark.parametrize("seconds", [0.5, 2.0])
def test_the_limit_of_a_provider_is_found_within_a_minute(hidden, seconds):
    """A provider that refuses at once what is beyond its limit, by a clock that only this test turns."""
    dice, gate, inside, now = random.Random(hidden), Gate(Adaptive()), [], 0.0
    allowed = []
    while now < 90:
        for end, place in [one for one in inside if one[0] <= now]:
            inside.remove((end, place))
            gate.leave(place, succeeded=True)
        while True:
            place = gate.enter()
            if not place.inside:
                gate.leave(place)
                break
            if len(inside) >= hidden:
                gate.leave(place, succeeded=False)
                break  # who was refused waits a little
            inside.append((now + seconds * dice.uniform(0.8, 1.2), place))
        now += 0.05
        if now >= 60:
            allowed.append(gate.limit.allowed)

    assert 0.8 * hidden <= sum(allowed) / len(allowed) <= 1.2 * hidden
    assert 0.8 * hidden - 1 <= min(allowed) <= max(allowed) <= 1.2 * hidden + 1


def test_who_has_left_cannot_leave_again():
    gate = Gate(Fixed(2))
    place = gate.enter()
    gate.leave(place)
    gate.leave(place)
    assert gate.inside == 0


def test_a_small_limit_of_its_own_holds_for_a_request():
    gate = Gate(Fixed(10))
    gate.enter()
    assert not gate.enter(most=1).inside


def test_the_first_in_the_queue_looks_whether_somebody_is_gone():
    gate = Gate(Fixed(1))
    inside, first, second = [gate.enter() for _ in range(3)]

    assert (gate.patience(first), gate.patience(second)) == (1.0, None)
    gate.leave(first)
    assert gate.patience(second) == 1.0
    assert inside.inside
    assert not gate.idle


def counted(limit):
    """A model that counts how many ask it at once."""

    class Counting:
        name, account = "counting", "provider:counting"
        now = most = total = 0
        lock = threading.Lock()

        def begin(self):
            with self.lock:
                self.now += 1
                self.total += 1
                self.most = max(self.most, self.now)

        def end(self):
            with self.lock:
                self.now -= 1
            return Reply(Message.assistant("."))

        def reply(self, request):
            self.begin()
            threading.Event().wait(0.001)
            return self.end()

        async def areply(self, request):
            self.begin()
            await asyncio.sleep(0.001)
            return self.end()

    return Counting()


def one(request):
    return (yield request)


def many(request, count, limit):
    return (yield Parallel(tuple(one(request) for _ in range(count)), limit=limit))


def test_threads_and_tasks_of_several_loops_share_the_places(request_of):
    model = counted(5)
    layer = LimitsLayer(concurrency=5, accounts=Accounts())

    def threads():
        with layered(layer):
            run(many(request_of(model), 60, 20))

    def tasks():
        with layered(layer):
            asyncio.run(arun(many(request_of(model), 60, 60)))

    workers = [threading.Thread(target=work) for work in (threads, tasks, tasks)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert model.total == 180
    assert model.most == 5
    assert layer._accounts.of("provider:counting").gate.idle


def test_cancelled_tasks_leave_no_place_taken(request_of):
    model = counted(2)
    accounts = Accounts()
    dice = random.Random(3)

    async def work():
        with layered(LimitsLayer(Rates(requests=10_000), 2, accounts=accounts)):
            for _ in range(30):
                task = asyncio.ensure_future(arun(many(request_of(model), 6, 6)))
                await asyncio.sleep(dice.uniform(0, 0.004))
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    asyncio.run(work())
    account = accounts.of("provider:counting")
    assert account.gate.idle
    assert account.door.idle


def closed_over(driven):
    """Make a flow wait in an event loop that was closed over it."""
    driven.wanted.turn.on_given(lambda: None, lambda: True)


@pytest.fixture
def request_of(bench):
    def make(model):
        return bench(model=model).request()

    return make


def test_a_loop_that_is_closed_over_a_task_in_the_queue_costs_no_place(bench):
    limits = bench(concurrency=1)
    holder, lost, other, waiting = [limits.ask() for _ in range(4)]
    closed_over(lost)
    closed_over(other.settle())
    holder.close()

    assert waiting.settle().sent
    waiting.close()
    assert limits.account.gate.idle


def test_a_loop_that_is_closed_over_a_task_that_waits_for_its_time_holds_nobody_up(bench, hand):
    limits = bench(Rates(requests=1), concurrency=2)
    sent, lost, waiting, behind = [limits.ask() for _ in range(4)]
    closed_over(lost)
    hand.now += 62

    assert waiting.settle().waits == 1.0
    waiting.go(False)  # in at the gate
    assert waiting.settle().waits == 1.0
    waiting.go(False)  # and through the door
    assert waiting.settle().sent
    sent.close()
    assert not behind.settle().sent


def test_a_forked_process_begins_anew(monkeypatch):
    accounts = Accounts()
    before = accounts.of("a")
    before.gate.enter()
    assert accounts.of("a") is before
    monkeypatch.setattr("os.getpid", lambda: -1)

    assert accounts.of("a") is not before
    assert accounts.of("a").gate.idle


def test_accounts_that_nobody_uses_are_forgotten_in_the_end():
    accounts = Accounts()
    used = accounts.of("used")
    used.gate.enter()
    for number in range(1_500):
        accounts.of(str(number))

    assert len(accounts._accounts) < 1_100
    assert accounts.of("used") is used


def test_a_stream_that_fails_before_it_is_open_leaves_the_door(bench):
    limits = bench(concurrency=1)
    limits.stream().go(RateLimitedError("slower", retryable=True))
    reader = limits.stream()
    reader.go(Stream.of(()))
    list(reader.value.chunks)
    assert limits.account.gate.idle
