"""A model that counts what it is asked, and programs that are broken off."""

import asyncio
import sqlite3
import threading
import zlib
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from llm_strategy.flow import ChatRequest, NextChunk, OpenStream, Profile, Sampling
from llm_strategy.messages import Chunk, Message, Reply, Usage


class Killed(BaseException):
    """Stands for the end of the process: no flow may recover from it."""


@dataclass
class Model:
    """Answers each request with a text of its own, so that no two replies can be mistaken for one another."""

    name: str = "gpt-4o"
    provider: str = "openai"
    profile: Profile = field(default_factory=Profile)
    dies_at: int = 0
    """The request with this number kills the program before it is answered; 0 for none."""
    fails: dict = field(default_factory=dict)
    """Errors by the last words of the request."""
    asked: list = field(default_factory=list)
    usage: Usage = field(default_factory=lambda: Usage(100, 20))
    cached: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, request: ChatRequest) -> int:
        words = request.messages[-1].content
        with self.lock:
            self.asked.append(words)
            number = len(self.asked)
        if self.dies_at and number >= self.dies_at:
            raise Killed
        error = self.fails.get(words)
        if error is not None:
            raise error
        return number

    def reply(self, request: ChatRequest) -> Reply:
        number = self.take(request)
        text = f"{request.messages[-1].content} #{number} of {id(self):x}"
        return Reply(Message.assistant(text), "stop", usage=self.usage, model="gpt-4o-2024-08-06", cached=self.cached)

    async def areply(self, request: ChatRequest) -> Reply:
        await asyncio.sleep(0)
        return self.reply(request)

    def stream(self, request: ChatRequest):
        number = self.take(request)
        for piece in ("one ", "two ", f"three #{number}"):
            yield Chunk(piece)
        yield Chunk(finish_reason="stop", usage=self.usage, model="gpt-4o")

    async def astream(self, request: ChatRequest):
        for chunk in self.stream(request):
            await asyncio.sleep(0)
            yield chunk

    @property
    def counted(self) -> Counter:
        return Counter(self.asked)


@pytest.fixture
def model():
    return Model


@pytest.fixture
def killed():
    return Killed


@pytest.fixture
def journal(tmp_path) -> Path:
    return tmp_path / "run.db"


@pytest.fixture
def ask():
    """A flow that asks a model once for each text, one after the other."""

    def flow(model, *texts, **changes):
        said = []
        for text in texts:
            request = ChatRequest(model, (Message.user(text),), sampling=Sampling(0.0))
            said.append((yield replace(request, **changes)).message.content)
        return said

    return flow


@pytest.fixture
def stream():
    """A flow that reads a stream, to its end or a number of pieces."""

    def flow(model, text, pieces=99):
        opened = yield OpenStream(ChatRequest(model, (Message.user(text),)))
        said = []
        while len(said) < pieces and (chunk := (yield NextChunk(opened))) is not None:
            said.append(chunk.text)
        return said

    return flow


@pytest.fixture
def forge():
    """Puts another text in the place of the answers of a journal, with a checksum that fits."""

    def put(journal, answer, **columns):
        changes = {"answer": answer, **columns}
        if isinstance(answer, str):
            changes.setdefault("digest", zlib.crc32(answer.encode()))
        with closing(sqlite3.connect(journal)) as connection, connection:
            for name, value in changes.items():
                connection.execute(f"UPDATE steps SET {name} = ?", (value,))

    return put
