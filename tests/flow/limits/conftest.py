"""Flows driven by hand under limits, by a clock that is turned by hand."""

from contextvars import Context, copy_context
from dataclasses import dataclass, field

import pytest

from llm_strategy.errors import LLMStrategyError
from llm_strategy.flow import ChatRequest, OpenStream, Profile, Sampling
from llm_strategy.flow.limits.accounts import Accounts
from llm_strategy.flow.limits.layer import LimitsLayer
from llm_strategy.flow.turns import WaitFor
from llm_strategy.messages import Chunk, Message, Reply, Usage


class Hand:
    """A clock that is turned by hand."""

    now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def hand():
    return Hand()


@dataclass(eq=False)
class Served:
    """A model of a provider; who drives the flow says what it answers."""

    name: str = "served"
    account: str = "provider:served"
    profile: Profile = field(default_factory=Profile)


@pytest.fixture
def served():
    return Served


def _onward(request):
    return (yield request)


@dataclass(eq=False)
class Driven:
    """A flow that a test takes from step to step."""

    flow: object
    wanted: object = None
    value: object = None
    error: BaseException | None = None
    over: bool = False
    context: Context = field(default_factory=copy_context)
    """Each flow runs in a thread or task of its own."""

    def go(self, answer=None):
        """Answer the last request, or throw it an error; return what is wanted next."""
        try:
            if isinstance(answer, BaseException):
                self.wanted = self.context.run(self.flow.throw, answer)
            else:
                self.wanted = self.context.run(self.flow.send, answer)
        except StopIteration as done:
            self.over, self.wanted, self.value = True, None, done.value
        except LLMStrategyError as error:
            self.over, self.wanted, self.error = True, None, error
        return self.wanted

    @property
    def sent(self):
        """Whether the request is at the model."""
        return isinstance(self.wanted, ChatRequest | OpenStream)

    @property
    def waits(self):
        """Seconds that it waits for, at most; None without an end."""
        assert isinstance(self.wanted, WaitFor), self.wanted
        return self.wanted.seconds

    def settle(self):
        """Go on as long as what is waited for is given."""
        while isinstance(self.wanted, WaitFor) and self.wanted.turn.given:
            self.go(True)
        return self

    def close(self):
        self.context.run(self.flow.close)
        self.over = True


@dataclass(eq=False)
class Bench:
    """A layer of limits, and the flows that go through it."""

    layer: LimitsLayer
    model: Served

    def request(self, text="Hello.", max_tokens=None, **options):
        sampling = Sampling(max_tokens=max_tokens)
        return ChatRequest(self.model, (Message.user(text),), sampling=sampling, **options)

    def ask(self, **options):
        """Begin a request; it is at the model, or waits."""
        driven = Driven(self.layer(self.request(**options), (0,), _onward))
        driven.go()
        return driven

    def stream(self, **options):
        driven = Driven(self.layer(OpenStream(self.request(**options)), (0,), _onward))
        driven.go()
        return driven

    @property
    def account(self):
        return self.layer._accounts.of(self.model.account or f"Served:{self.model.name}:{id(self.model)}")


@pytest.fixture
def bench(hand):
    """Makes a layer that goes by the hand-turned clock."""

    def make(rates=None, concurrency=None, books=None, model=None, accounts=None, **options):
        if accounts is None:
            accounts = Accounts(hand)
        layer = LimitsLayer(rates, concurrency, books, accounts=accounts, clock=hand, **options)
        return Bench(layer, model or Served())

    return make


@pytest.fixture
def said():
    """Makes replies that cost so many tokens."""

    def make(prompt=0, reply=0, **options):
        return Reply(Message.assistant("Hello."), "stop", usage=Usage(prompt, reply), **options)

    return make


@pytest.fixture
def pieces():
    def make(prompt=0, reply=0):
        return iter([Chunk("Hel"), Chunk("lo.", "stop", usage=Usage(prompt, reply))])

    return make
