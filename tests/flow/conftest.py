"""Both drivers behind one face, so that each rule of the flow is tested in both with the same words."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from llm_strategy.flow import Flow, aiterate, arun, iterate, run


@dataclass(frozen=True)
class Driver:
    """How a flow is run, and how its values are taken."""

    run: Callable[[Flow[Any]], Any]
    first: Callable[[Flow[Any], int], list[Any]]
    """Takes so many values and closes the iterator."""


def _first(flow: Flow[Any], count: int) -> list[Any]:
    values = iterate(flow)
    taken = [next(values) for _ in range(count)]
    values.close()
    return taken


def _afirst(flow: Flow[Any], count: int) -> list[Any]:
    async def take() -> list[Any]:
        values = aiterate(flow)
        taken = [await anext(values) for _ in range(count)]
        await values.aclose()
        return taken

    return asyncio.run(take())


@pytest.fixture(params=["sync", "async"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    if request.param == "sync":
        yield Driver(run, _first)
    else:
        yield Driver(lambda flow: asyncio.run(arun(flow)), _afirst)


@dataclass(frozen=True)
class Tell:
    """A request that is answered with what it holds: a value, an error to raise, or what a function returns."""

    answer: Any

    def perform(self) -> Any:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer() if callable(self.answer) else self.answer

    async def aperform(self) -> Any:
        await asyncio.sleep(0)
        return self.perform()


@pytest.fixture
def tell() -> type[Tell]:
    return Tell
