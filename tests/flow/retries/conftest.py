"""A model that fails as it is told to, and a clock that a test sets."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest

from llm_strategy.flow import ChatRequest, Profile
from llm_strategy.messages import Chunk, Message, Reply


class Clock:
    """Tells the time that it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Failing:
    """A chat model that gives its answers in turn; one that is an error is raised, after the pieces before it."""

    profile = Profile()

    def __init__(self, *answers: str | BaseException | Sequence[str | BaseException], name: str = "m") -> None:
        self.name = name
        self.answers = list(answers)
        self.asked: list[ChatRequest] = []
        self.closed = 0

    def _next(self, request: ChatRequest) -> Iterator[str]:
        self.asked.append(request)
        answer = self.answers.pop(0)
        for piece in [answer] if isinstance(answer, str | BaseException) else answer:
            if isinstance(piece, BaseException):
                raise piece
            yield piece

    def reply(self, request: ChatRequest) -> Reply:
        return Reply(Message.assistant("".join(self._next(request))))

    async def areply(self, request: ChatRequest) -> Reply:
        await asyncio.sleep(0)
        return self.reply(request)

    def stream(self, request: ChatRequest) -> Iterator[Chunk]:
        try:
            yield from map(Chunk, self._next(request))
        finally:
            self.closed += 1

    async def astream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        try:
            for text in self._next(request):
                await asyncio.sleep(0)
                yield Chunk(text)
        finally:
            self.closed += 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def failing() -> type[Failing]:
    return Failing
