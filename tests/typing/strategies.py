"""What type checkers say about strategies; mypy and pyright read this file, a test runs it."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar, assert_type

from pydantic import BaseModel

from llm_strategy import ChainOfThought, ChatChain, llm_dataclass, llm_function, llm_strategy
from llm_strategy.flow import Result

T = TypeVar("T")


@llm_strategy("local", skip=(), attempts=2, reasoning=ChainOfThought())
@dataclass
class Shop:
    name: str

    def find(self, query: str) -> list[str]:
        """Find it."""
        raise NotImplementedError

    async def afind(self, query: str) -> list[str]:
        """Find it."""
        raise NotImplementedError

    def items(self, n: int) -> Iterator[str]:
        """Some."""
        raise NotImplementedError

    def aitems(self, n: int) -> AsyncIterator[str]:
        """Some."""
        raise NotImplementedError

    @property
    def size(self) -> int:
        """The size."""
        raise NotImplementedError

    @cached_property
    def rating(self) -> float:
        """The rating."""
        raise NotImplementedError

    @staticmethod
    def add(a: int, b: int = 1) -> int:
        """Add."""
        raise NotImplementedError

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse."""
        raise NotImplementedError


@llm_strategy("local")
class Store(BaseModel, Generic[T]):
    items: list[T]

    def best(self) -> T:
        """The best."""
        raise NotImplementedError


class Interface(ABC):
    @abstractmethod
    def find(self, query: str) -> str:
        """Find it."""


class Translator(Protocol):
    def translate(self, text: str) -> str:
        """Translate it."""
        ...


@llm_strategy("local")
def add(a: int, b: int = 1) -> int:
    """Add."""
    raise NotImplementedError


@llm_strategy(model="local")
async def aadd(a: int, b: int = 1) -> int:
    """Add."""
    raise NotImplementedError


@llm_function
def double(model: Any, a: int) -> int:
    """Double it."""
    raise NotImplementedError


def classes(shop: Shop, store: Store[int]) -> None:
    """A class keeps its type, and so do its members."""
    assert_type(Shop("x"), Shop)
    assert_type(shop.find("x"), list[str])
    assert_type(Shop.find(shop, "x"), list[str])
    assert_type(shop.items(3), Iterator[str])
    assert_type(shop.aitems(3), AsyncIterator[str])
    assert_type(shop.size, int)
    assert_type(shop.rating, float)
    assert_type(Shop.add(1), int)
    assert_type(shop.add(1, b=2), int)
    assert_type(Shop.parse("x"), Shop)
    assert_type(store.best(), int)
    assert_type(llm_dataclass(Shop, "local"), type[Shop])
    assert_type(llm_strategy("local")(Shop), type[Shop])
    assert_type(llm_strategy("local")(shop), Shop)


async def awaited(shop: Shop) -> None:
    """Coroutine methods are awaited."""
    assert_type(await shop.afind("x"), list[str])
    assert_type(await aadd(1, b=2), int)
    assert_type(await aadd.chat(1), tuple[int, ChatChain])


def interfaces() -> None:
    """An interface stays abstract for a checker, and is told not to be where it is instantiated."""
    finder = llm_strategy("local")(Interface)()  # type: ignore[abstract]
    translator = llm_strategy("local")(Translator)()  # type: ignore[misc]
    assert_type(finder.find("x"), str)
    assert_type(translator.translate("x"), str)


def functions() -> None:
    """A function keeps its signature."""
    assert_type(add(1, b=2), int)
    assert_type(add.using(attempts=1)(1), int)
    assert_type(add.map([1, 2]), list[Result[int]])
    assert_type(add.chat(1), tuple[int, ChatChain])
    assert_type(llm_strategy("local")(double)(3), int)


if TYPE_CHECKING:
    # Each line is wrong; a checker that finds nothing wrong in it complains about the comment.
    _shop = Shop(3)  # type: ignore[arg-type]
    _shop.find(3)  # type: ignore[arg-type]
    _shop.fnd("x")  # type: ignore[attr-defined]
    _size: str = _shop.size  # type: ignore[assignment]
    add("1")  # type: ignore[arg-type]
    add(1, c=2)  # type: ignore[call-arg]
    add.using(models="local")  # type: ignore[call-arg]
    llm_strategy(3)  # type: ignore[arg-type]
    llm_strategy("local", atempts=1)  # type: ignore[call-arg]
    llm_strategy("local")(double)("x")  # type: ignore[arg-type]
    llm_dataclass(3, "local")  # type: ignore[arg-type]
