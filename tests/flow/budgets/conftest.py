"""Models whose bills are known, and budgets whose clock is turned by hand."""

import asyncio
import threading
from dataclasses import dataclass, field

import pytest

from llm_strategy.errors import BudgetExceededError
from llm_strategy.flow import ChatRequest, Profile, Sampling, arun, layered, run
from llm_strategy.flow.budgets import BudgetLayer, Limits, LocalLedger, Spent
from llm_strategy.flow.budgets.amounts import picodollars
from llm_strategy.flow.budgets.pricing import Pricing
from llm_strategy.flow.estimates import Estimates
from llm_strategy.messages import Chunk, Message, Reply, Usage
from llm_strategy.tracing.prices import Price, Prices


@dataclass(eq=False)
class Billed:
    """A model that keeps to `max_tokens`, and counts what it was asked for."""

    name: str = "billed"
    wanted: int = 30
    """Tokens that it would say, if it may."""
    error: BaseException | None = None
    silent: bool = False
    """Whether it tells no usage."""
    profile: Profile = field(default_factory=Profile)
    sent: list[ChatRequest] = field(default_factory=list)
    tokens: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, request):
        said, usage = self._said(request)
        if self.error is not None:
            raise self.error
        finish = "stop" if said == self.wanted else "length"
        return Reply(Message.assistant("x" * said), finish, usage=Usage() if self.silent else usage)

    async def areply(self, request):
        await asyncio.sleep(0)
        return self.reply(request)

    def stream(self, request):
        said, usage = self._said(request)
        for _ in range(said):
            yield Chunk("x")
        if self.error is not None:
            raise self.error
        yield Chunk(finish_reason="stop" if said == self.wanted else "length", usage=None if self.silent else usage)

    async def astream(self, request):
        for chunk in self.stream(request):
            await asyncio.sleep(0)
            yield chunk

    def _said(self, request):
        limit = request.sampling.max_tokens
        said = self.wanted if limit is None else min(self.wanted, limit)
        usage = Usage(10, said)
        with self._lock:
            self.sent.append(request)
            self.tokens += 10 + said
        return said, usage


@pytest.fixture
def billed():
    return Billed


@pytest.fixture
def request_to():
    def make(model, text="Hello.", max_tokens=None, **options):
        return ChatRequest(model, (Message.user(text),), sampling=Sampling(max_tokens=max_tokens), **options)

    return make


class Hand:
    """A clock that is turned by hand."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def opened(hand):
    """Opens a budget by that clock; the price of a token is a millionth of a dollar, of the model `billed`."""

    def make(*, calls=None, tokens=None, dollars=None, seconds=None):
        money = None if dollars is None else picodollars(dollars)
        ledger = LocalLedger(Limits(calls, tokens, money, seconds), hand)
        prices = Prices({"billed": Price(1, 1)})
        return layered(BudgetLayer(ledger, Pricing(prices), Estimates())), Spent(ledger)

    return make


def one(request):
    return (yield request)


@pytest.fixture
def until_refused(answer):
    """Sends requests until a budget refuses one; gives the error."""

    def send(make):
        for number in range(100):
            try:
                answer(make(number))
            except BudgetExceededError as error:
                return error
        raise AssertionError("the budget has no end")

    return send


@pytest.fixture(params=["sync", "async"])
def answer(request):
    """Sends one request by either driver."""
    if request.param == "sync":
        return lambda wanted: run(one(wanted))
    return lambda wanted: asyncio.run(arun(one(wanted)))
