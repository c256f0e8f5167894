"""Twelve return types asked of the embedded model: every reply has to be valid at the first attempt."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from llm_strategy import llm_strategy


class Colour(Enum):
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


@dataclass
class Point:
    x: float
    y: float


class Author(BaseModel):
    name: str
    born: Annotated[int, Field(ge=0, le=2026)]


class Book(BaseModel):
    title: str
    authors: Annotated[list[Author], Field(min_length=1, max_length=2)]
    colour: Colour


class Tree(BaseModel):
    label: str
    children: Annotated[list["Tree"], Field(max_length=2)] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: Annotated[list[str], Field(max_length=3)]


QUESTIONS: tuple[tuple[str, Any], ...] = (
    ("The number of days in a week.", int),
    ("Whether the sun is a star.", bool),
    ("The number pi, with two decimals.", float),
    ("The mood of the sentence 'I love it'.", Literal["good", "bad"]),
    ("The colour of grass.", Colour),
    ("The point where both axes cross.", Point),
    ("Any book that you know.", Book),
    ("A family tree of two generations.", Tree),
    ("Any pet.", Annotated[Cat | Dog, Field(discriminator="kind")]),
    ("The day on which the second millennium began.", dt.date),
    ("Three fruits, with how many of each are in a basket.", Annotated[dict[str, int], Field(max_length=5)]),
    ("A price in euros, the id 12345678-1234-4678-9234-567812345678, and nothing.", tuple[Decimal, UUID, None]),
)


def ask_all(model: Any) -> list[tuple[str, str, bool]]:
    """Ask each question once; return the type, the value or the error, and whether there was a value."""
    return [_ask(model, question, kind) for question, kind in QUESTIONS]


def _ask(model: Any, question: str, kind: Any) -> tuple[str, str, bool]:
    def answer():
        raise NotImplementedError

    answer.__doc__ = question
    answer.__annotations__ = {"return": kind}
    name = getattr(kind, "__name__", str(kind))
    try:
        return name, repr(llm_strategy(model, attempts=1)(answer)()), True
    except Exception as error:
        return name, f"{type(error).__name__}: {error}", False
