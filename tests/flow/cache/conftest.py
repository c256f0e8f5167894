"""Models that count, and both drivers behind one face."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from llm_strategy.flow import ChatRequest, Flow, Profile, arun, run
from llm_strategy.flow.cache import trouble
from llm_strategy.flow.cache.shared import _OPEN
from llm_strategy.flow.cache.store import Store
from llm_strategy.messages import Chunk, Message, Reply, Usage


@dataclass
class Model:
    """A `ChatModel` that counts what it is asked; a reply may be an error, or a function of the request."""

    answer: Any = "Paris"
    name: str = "counting"
    asked: list[str] = field(default_factory=list)
    profile: Profile = field(default_factory=Profile)
    hold: threading.Event | None = None
    """Where given, a reply waits for it."""

    def reply(self, request: ChatRequest) -> Reply:
        self.asked.append(request.messages[-1].content)
        if self.hold is not None:
            assert self.hold.wait(20)
        return self._answer(request)

    async def areply(self, request: ChatRequest) -> Reply:
        self.asked.append(request.messages[-1].content)
        while self.hold is not None and not self.hold.is_set():  # noqa: ASYNC110 (threads set it)
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)
        return self._answer(request)

    def stream(self, request: ChatRequest) -> Iterator[Chunk]:
        reply = self.reply(request)
        for letter in reply.message.content:
            yield Chunk(letter)
        yield Chunk(finish_reason=reply.finish_reason, refusal=reply.refusal, usage=reply.usage, model=reply.model)

    async def astream(self, request: ChatRequest):
        for chunk in self.stream(request):
            yield chunk

    def _answer(self, request: ChatRequest) -> Reply:
        answer = self.answer(request) if callable(self.answer) else self.answer
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Reply):
            return answer
        return Reply(Message.assistant(answer), "stop", usage=Usage(10, 2), model="counting-1")

    def request(self, text: str = "capital?", **fields: Any) -> ChatRequest:
        return ChatRequest(self, (Message.user(text),), **fields)


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def models() -> type[Model]:
    return Model


@pytest.fixture(params=["sync", "async"])
def drive(request: pytest.FixtureRequest) -> Callable[[Flow[Any]], Any]:
    return run if request.param == "sync" else lambda flow: asyncio.run(arun(flow))


@pytest.fixture
def asking() -> Callable[[Any], Flow[Any]]:
    def flow(request: Any) -> Flow[Any]:
        return (yield request)

    return flow


@pytest.fixture
def path(tmp_path):
    return tmp_path / "calls.db"


@pytest.fixture
def warned(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.WARNING, "llm_strategy.cache")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "llm_strategy.cache"]


@pytest.fixture(autouse=True)
def _nothing_is_left():
    """Each file is told of anew, and each cache that was opened is closed."""
    trouble._TOLD.clear()
    before = set(_OPEN)  # workers of other tests keep theirs
    yield
    assert set(_OPEN) <= before


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def opened(path, clock):
    stores = []

    def make(**options):
        store = Store(path, **{"patience": 0.05, "clock": clock, **options})
        stores.append(store)
        store.open()
        return store

    yield make
    for store in stores:
        store.close()
