"""What type checkers say about decorated functions; mypy and pyright read this file, a test runs it."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, assert_type

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, Field

from llm_strategy import ChainOfThought, ChatChain, Example, Message, Partial, llm_explicit_function, llm_function
from llm_strategy.flow import Result

T = TypeVar("T")


class Person(BaseModel):
    name: str


class Run(BaseModel, Generic[T]):
    value: T


class Step(BaseModel, Generic[T]):
    value: T


@llm_function
def extract(model: BaseChatModel, text: str, *, limit: int = Field(3, gt=0)) -> Person:
    """Extract the person."""
    raise NotImplementedError


@llm_function(attempts=2, reasoning=ChainOfThought(), examples=[Example({"text": "x"}, 1)])
def count(model: Any, text: str) -> int:
    """Count."""
    raise NotImplementedError


@llm_function
async def aextract(model: ChatChain, text: str) -> Person:
    """Extract the person."""
    raise NotImplementedError


@llm_function
def people(model: BaseChatModel, n: int) -> Iterator[Person]:
    """Some people."""
    raise NotImplementedError


@llm_function
def apeople(model: BaseChatModel, n: int) -> AsyncIterator[Person]:
    """Some people."""
    raise NotImplementedError


@llm_function
def first(model: BaseChatModel, items: list[T]) -> T:
    """The first."""
    raise NotImplementedError


@llm_explicit_function
def improve(model: BaseChatModel, run: Run[T]) -> Step[T]:
    """Improve."""
    raise NotImplementedError


@dataclass
class Shop:
    name: str

    @llm_function
    def find(self, model: BaseChatModel, query: str) -> list[str]:
        """Find it."""
        raise NotImplementedError

    @llm_function
    async def afind(self, model: BaseChatModel, query: str) -> list[str]:
        """Find it."""
        raise NotImplementedError

    @llm_function
    @staticmethod
    def add(model: BaseChatModel, a: int, b: int = 1) -> int:
        """Add."""
        raise NotImplementedError


def values(model: BaseChatModel, shop: Shop) -> None:
    """Values have the declared types."""
    assert_type(extract(model, "x", limit=3), Person)
    assert_type(extract("local", "x"), Person)
    assert_type(extract(ChatChain(), "x"), Person)
    assert_type(extract(None, text="x"), Person)
    assert_type(count(model, "x"), int)
    assert_type(people(model, 3), Iterator[Person])
    assert_type(apeople(model, 3), AsyncIterator[Person])
    assert_type(first(model, [1]), int)
    assert_type(improve(model, Run[str](value="x")), Step[str])
    assert_type(shop.find(model, "x"), list[str])
    assert_type(Shop.find(shop, model, "x"), list[str])  # type: ignore[arg-type]
    assert_type(Shop.add(model, 1, b=2), int)


async def awaited(model: BaseChatModel, shop: Shop) -> None:
    """Coroutine functions are awaited."""
    assert_type(await aextract(model, "x"), Person)
    assert_type(await shop.afind(model, "x"), list[str])
    assert_type(await aextract.chat(model, "x"), tuple[Person, ChatChain])
    assert_type(await apeople.chat(model, 3), tuple[list[Person], ChatChain])
    assert_type(await aextract.amap(model, ["x"]), list[Result[Person]])
    async for person in apeople(model, 3):
        assert_type(person, Person)


def offers(model: BaseChatModel) -> None:
    """What a function offers keeps its types."""
    assert_type(extract.using(attempts=1, method="tool")(model, "x"), Person)
    assert_type(extract.bind(model)("x", limit=1), Person)
    assert_type(extract.bind(model).using(temperature=0.0)("x"), Person)
    assert_type(extract.chat(model, "x"), tuple[Person, ChatChain])
    assert_type(people.chat(model, 3), tuple[list[Person], ChatChain])
    assert_type(extract.bind(model).chat("x"), tuple[Person, ChatChain])
    assert_type(extract.map(model, ["x"], limit=3), list[Result[Person]])
    assert_type(aextract.map(model, ["x"]), list[Result[Person]])
    assert_type(people.map(model, [1]), list[Result[list[Person]]])
    assert_type(aextract.bind(model).map(["x"]), list[Result[Person]])
    assert_type(extract.map_as_completed(model, ["x"], progress=True), Generator[Result[Person]])
    assert_type(aextract.map_as_completed(model, ["x"]), Generator[Result[Person]])
    assert_type(people.bind(model).map_as_completed([1], limit=2), Generator[Result[list[Person]]])
    assert_type(aextract.amap_as_completed(model, ["x"]), AsyncGenerator[Result[Person]])
    assert_type(apeople.bind(model).amap_as_completed([1]), AsyncGenerator[Result[list[Person]]])
    assert_type(extract.prompt("x", limit=1), tuple[Message, ...])
    assert_type(extract.stream(model, "x"), Iterator[Partial[Person]])
    assert_type(extract.astream(model, "x"), AsyncIterator[Partial[Person]])
    assert_type(aextract.astream(model, "x"), AsyncIterator[Partial[Person]])
    assert_type(people.stream(model, 3), Iterator[Partial[list[Person]]])
    assert_type(apeople.astream(model, 3), AsyncIterator[Partial[list[Person]]])
    assert_type(extract.bind(model).stream("x"), Iterator[Partial[Person]])
    assert_type(next(extract.stream(model, "x")).name, str)
    assert_type(extract.input_type, type[BaseModel])


def passed_on() -> None:
    """LLM functions fit wherever functions are wanted."""
    one: Callable[[BaseChatModel, str], Person] = extract
    two: Callable[[BaseChatModel, str], Coroutine[Any, Any, Person]] = aextract
    three: Callable[[int], Iterator[Person]] = people.bind(None)
    assert all((one, two, three))


if TYPE_CHECKING:
    # Each line is wrong; a checker that finds nothing wrong in it complains about the comment.
    _model = BaseChatModel()  # type: ignore[abstract]
    extract(_model, 3)  # type: ignore[arg-type]
    extract(_model)  # type: ignore[call-arg]
    extract(_model, "x", limt=3)  # type: ignore[call-arg]
    extract(3, "x")  # type: ignore[arg-type]
    extract.using(atempts=1)  # type: ignore[call-arg]
    extract.using(attempts="1")  # type: ignore[arg-type]
    extract.using(method="xml")  # type: ignore[arg-type]
    extract.prompt(3)  # type: ignore[arg-type]
    extract.stream(_model, 3)  # type: ignore[arg-type]
    extract.bind(_model)(3)  # type: ignore[arg-type]
    improve(_model, Person(name="x"))  # type: ignore[arg-type]
    Shop("x").find(_model, 3)  # type: ignore[arg-type]
    _text: str = extract(_model, "x")  # type: ignore[assignment]
