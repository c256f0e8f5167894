"""The calls of the benchmark of faults, in each way that a user may make them, and what became of every one."""

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from llm_strategy import carried, llm_function, retrying
from llm_strategy.errors import LLMStrategyError, RateLimitedError
from llm_strategy.flow import ChatRequest, OpenStream, layered
from llm_strategy.flow.retries import Backoff

ATTEMPTS, ASKS = 6, 3
DEADLINE, TIMEOUT = 20.0, 2.0
THREADS, TASKS = 12, 32
CALL = re.compile(r"call: ([a-z-]+-[0-9]+)")


class Item(BaseModel):
    """What is looked up."""

    number: int
    text: str


@llm_function
def look(model, call: str) -> Item:
    """Look the call up."""


@llm_function
async def alook(model, call: str) -> Item:
    """Look the call up."""


@llm_function
def items(model, call: str) -> Iterator[Item]:
    """List the items of the call."""


@llm_function
def aitems(model, call: str) -> AsyncIterator[Item]:
    """List the items of the call."""


@dataclass
class Outcome:
    """How one call ended."""

    call: str
    seconds: float
    deadline: float
    """How many seconds it had."""
    numbers: list[int] = field(default_factory=list)
    """What the values say; they must be the ones of the call."""
    error: BaseException | None = None

    @property
    def right(self) -> bool:
        """Whether it ended in the values that were asked for."""
        number = int(self.call.rpartition("-")[2])
        wanted = [number, number + 1, number + 2] if "stream" in self.call else [number]
        return self.error is None and self.numbers == wanted

    @property
    def typed(self) -> bool:
        """Whether it ended in an error of ours."""
        return isinstance(self.error, LLMStrategyError)


class Sent:
    """A layer next to the model: it sees every request that is sent, those to a closed port among them."""

    rank = 99

    def __init__(self) -> None:
        self.at: dict[str, list[float]] = defaultdict(list)
        """When each call sent something."""
        self.told: list[tuple[float, str]] = []
        """When a call learnt that its key is limited."""

    def __call__(self, request: Any, _path: Any, onward: Any) -> Any:
        """Note the time."""
        if not isinstance(request, ChatRequest | OpenStream):
            return (yield from onward(request))
        chat = request.request if isinstance(request, OpenStream) else request
        (call,) = set(CALL.findall("\n".join(message.content for message in chat.messages)))
        self.at[call].append(time.monotonic())
        try:
            return (yield from onward(request))
        except RateLimitedError:
            self.told.append((time.monotonic(), call))
            raise


@contextmanager
def rules(
    sent: Sent,
    attempts: int = ATTEMPTS,
    deadline: float = DEADLINE,
    timeout: float | None = TIMEOUT,
    backoff: Backoff | None = None,
) -> Iterator[None]:
    """The scopes that all calls are made under."""
    backoff = backoff or Backoff(base=0.25, cap=2.0)
    with layered(sent), retrying(attempts, deadline=deadline, timeout=timeout, backoff=backoff):
        yield


def chat_model(port: int, key: int = 0) -> ChatOpenAI:
    """The provider, as users write it."""
    return ChatOpenAI(model="m", api_key=f"key-{key}", base_url=f"http://127.0.0.1:{port}/v1")


def in_threads(name: str, count: int, models: list[ChatOpenAI], *, deadline: float = DEADLINE) -> list[Outcome]:
    """Calls of plain functions, in threads; those with "stream" in their name take values as they come."""

    def take(call: str, model: ChatOpenAI) -> list[int]:
        return [item.number for item in (items(model, call) if "stream" in name else [look(model, call)])]

    def one(number: int) -> Outcome:
        call, began = f"{name}-{number}", time.monotonic()
        numbers: list[int] = []
        error: BaseException | None = None
        try:
            numbers = take(call, models[number % len(models)])
        except Exception as problem:
            error = problem
        return Outcome(call, time.monotonic() - began, deadline, numbers, error)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(carried(one), range(count)))


def in_tasks(
    name: str, count: int, models: list[ChatOpenAI], *, tasks: int = TASKS, deadline: float = DEADLINE
) -> list[Outcome]:
    """Calls of async functions, in tasks; those with "stream" in their name take values as they come."""

    async def take(call: str, model: ChatOpenAI) -> list[int]:
        if "stream" in name:
            return [item.number async for item in aitems(model, call)]
        return [(await alook(model, call)).number]

    async def one(number: int, places: asyncio.Semaphore) -> Outcome:
        async with places:
            call, began = f"{name}-{number}", time.monotonic()
            numbers: list[int] = []
            error: BaseException | None = None
            try:
                numbers = await take(call, models[number % len(models)])
            except Exception as problem:
                error = problem
            return Outcome(call, time.monotonic() - began, deadline, numbers, error)

    async def every() -> list[Outcome]:
        places = asyncio.Semaphore(tasks)
        return await asyncio.gather(*(one(number, places) for number in range(count)))

    return asyncio.run(every())
