"""Models that ask their own account while they answer, and event loops that are closed over a request."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_strategy.errors import TransportError
from llm_strategy.flow import (
    ChatRequest,
    CloseStream,
    NextChunk,
    OpenStream,
    Parallel,
    Profile,
    arun,
    carried,
    layered,
    run,
)
from llm_strategy.flow.limits.accounts import Accounts
from llm_strategy.flow.limits.layer import LimitsLayer
from llm_strategy.flow.limits.passage import _INSIDE
from llm_strategy.flow.limits.rates import Rates
from llm_strategy.messages import Chunk, Message, Reply


def one(request):
    return (yield request)


def request_to(model):
    return ChatRequest(model, (Message.user("Hello."),), deadline=None)


class Guarded:
    """Asks another model before it answers, and counts who is at work with it."""

    def __init__(self, checked=None, account="provider:one", error=None):
        self.name, self.account, self.profile = "guarded", account, Profile()
        self.checked, self.error, self.sent = checked, error, 0

    def reply(self, request):
        self.sent += 1
        if self.checked is not None:
            run(one(request_to(self.checked)))
        if self.error is not None:
            raise self.error
        return Reply(Message.assistant("."))

    async def areply(self, request):
        self.sent += 1
        if self.checked is not None:
            await arun(one(request_to(self.checked)))
        if self.error is not None:
            raise self.error
        return Reply(Message.assistant("."))

    def stream(self, request):
        for _ in range(2):
            yield Chunk(self.reply(request).message.content)

    async def astream(self, request):
        for _ in range(2):
            yield Chunk((await self.areply(request)).message.content)


@pytest.fixture(params=["sync", "async"])
def drive(request):
    """Runs a flow that must not wait for itself: a deadline tells."""
    if request.param == "sync":
        return run
    return lambda flow: asyncio.run(asyncio.wait_for(arun(flow), 20))


@pytest.fixture
def limits():
    return LimitsLayer(Rates(requests=1_000), concurrency=1, accounts=Accounts())


@pytest.fixture
def account(limits):
    return limits._accounts.of("provider:one")


def test_a_model_that_asks_its_own_account_does_not_wait_for_itself(drive, limits, account):
    checked = Guarded(Guarded())
    with layered(limits):
        drive(one(request_to(Guarded(checked))))
    assert (checked.sent, checked.checked.sent) == (1, 1)
    assert account.gate.idle
    assert account.door.idle
    assert limits._accounts.books.take("provider:one", limits.rates, 0)[0] == 0  # three were counted
    assert _INSIDE.get() == ()


def test_what_fails_inside_leaves_nothing_behind(drive, limits, account):
    with layered(limits), pytest.raises(TransportError):
        drive(one(request_to(Guarded(Guarded(error=TransportError("down"))))))
    assert account.gate.idle
    assert _INSIDE.get() == ()


def test_a_model_that_asks_while_it_streams_does_not_wait_for_itself(drive, limits, account):
    def read():
        stream = yield OpenStream(request_to(Guarded(Guarded())))
        pieces = []
        while (chunk := (yield NextChunk(stream))) is not None:
            pieces.append(chunk.text)
        yield CloseStream(stream)
        return pieces

    with layered(limits):
        assert drive(read()) == [".", "."]
    assert account.gate.idle
    assert _INSIDE.get() == ()


def test_what_is_asked_of_another_account_takes_a_place(drive, limits):
    other = Guarded(account="provider:other")
    inside = []
    other.reply = lambda request: (
        inside.append(limits._accounts.of("provider:other").gate.inside) or Reply(Message.assistant("."))
    )

    async def areply(request):
        return other.reply(request)

    other.areply = areply
    with layered(limits):
        drive(one(request_to(Guarded(other))))
    assert inside == [1]


def test_work_that_outlives_a_request_takes_places_of_its_own(limits, account):
    outliving = []

    class Leaving(Guarded):
        def reply(self, request):
            outliving.append(carried(lambda: run(one(request_to(Counting())))))
            return super().reply(request)

    class Counting(Guarded):
        def reply(self, request):
            inside.append(account.gate.inside)
            return super().reply(request)

    inside = []
    with layered(limits):
        run(one(request_to(Leaving())))
    outliving[0]()
    assert inside == [1]


def test_requests_side_by_side_do_not_take_each_other_for_nested(drive, limits, account):
    most = []

    class Counting(Guarded):
        def reply(self, request):
            most.append(account.gate.inside)
            return super().reply(request)

    with layered(limits):
        drive(_together(Counting()))
    assert set(most) <= {1}


def _together(model):
    yield Parallel([one(request_to(model)) for _ in range(6)], limit=3)


LEFT = []
"""Tasks of loops that were closed: nobody can end them, and to collect them is loud."""


class Silent(Guarded):
    async def areply(self, request):
        self.sent += 1
        await asyncio.Event().wait()


async def begun(model):
    while not model.sent:  # noqa: ASYNC110
        await asyncio.sleep(0)


def test_a_loop_that_is_closed_over_a_request_gives_its_place_back(drive, limits, account, monkeypatch):
    monkeypatch.setattr("llm_strategy.flow.limits.gate._LOOK", 0.005)
    silent, loop = Silent(), asyncio.new_event_loop()

    def left():
        LEFT.append(loop.create_task(arun(one(request_to(silent)))))
        loop.run_until_complete(begun(silent))
        loop.close()

    with layered(limits):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(carried(left)).result()
        assert account.gate.inside == 1
        drive(one(request_to(Guarded())))
    assert account.gate.idle
