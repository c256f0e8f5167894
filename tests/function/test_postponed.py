"""Everything works where annotations are text: `from __future__ import annotations`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Generic, Self, TypeVar

import pytest
from pydantic import BaseModel, Field

from llm_strategy import llm_explicit_function, llm_function, llm_strategy
from llm_strategy.errors import InputError
from llm_strategy.testing import ScriptedModel

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

T = TypeVar("T")


class Box(BaseModel, Generic[T]):
    content: T


@llm_function
def extract(model: BaseChatModel, text: str, limit: Annotated[int, Field(gt=0)] = 3) -> Below:
    """Extract."""


@llm_function
def numbers(model, n: int) -> Iterator[int]:
    """Numbers."""


@llm_function
async def anumbers(model, n: int) -> AsyncIterator[int]:
    """Numbers."""
    yield


@llm_function
def opened(model, box: Box[Box[T]]) -> T:
    """Open."""


@llm_explicit_function
def improved(model, box: Box[T]) -> list[Box[T]]:
    """Improve."""


class Below(BaseModel):
    text: str


@llm_strategy(ScriptedModel(['{"name": "Tea", "parts": []}', "3"]))
@dataclass
class Shop:
    name: str
    parts: list[Shop] = field(default_factory=list)

    def merged(self, other: Shop, others: list[Self]) -> Self:
        """Merge."""

    @property
    def size(self) -> int:
        """The size."""


def test_names_of_the_module_are_found():
    assert extract(ScriptedModel(['{"text": "x"}']), "x") == Below(text="x")
    with pytest.raises(InputError, match="greater than 0"):
        extract.prompt("x", 0)


def test_items_are_told():
    assert list(numbers(ScriptedModel(["[1, 2]"]), 2)) == [1, 2]

    async def gathered():
        return [one async for one in anumbers(ScriptedModel(["[1, 2]"]), 2)]

    assert asyncio.run(gathered()) == [1, 2]


def test_generics_are_resolved():
    assert opened(ScriptedModel(["3"]), Box[Box[int]](content=Box[int](content=1))) == 3
    assert improved(ScriptedModel(['[{"content": 3}]']), Box[int](content=1)) == [Box[int](content=3)]


def test_classes_name_themselves():
    shop = Shop("a")
    merged = shop.merged(Shop("b"), [Shop("c")])
    assert merged == Shop("Tea")
    assert merged.size == 3


def test_local_classes_are_found():
    class Local(BaseModel):
        number: int

    @llm_function
    def guess(model: BaseChatModel, local: Local) -> dict[str, Local]:
        """Guess."""

    @llm_strategy(ScriptedModel(['{"number": 3}']))
    class Guesser:
        def guess(self, text: str) -> Local:
            """Guess."""

    assert guess(ScriptedModel(['{"a": {"number": 3}}']), Local(number=1)) == {"a": Local(number=3)}
    assert Guesser().guess("x") == Local(number=3)
