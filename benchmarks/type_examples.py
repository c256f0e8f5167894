"""Classes and aliases of every kind that stand in the table of types."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import typing
from dataclasses import InitVar, dataclass, field
from typing import Annotated, Generic, Literal, NamedTuple, NewType, TypeVar

import numpy as np
import pandas as pd
import pydantic
import typing_extensions
from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints

T = TypeVar("T")
N = TypeVar("N", bound=int)


class Color(enum.Enum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Size(enum.StrEnum):
    SMALL = "s"
    LARGE = "l"


class Access(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()
    RUN = enum.auto()


class Corner(enum.Enum):
    """Members whose values are no JSON scalars."""

    NORTH_WEST = (0, 0)
    SOUTH_EAST = (1, 1)


@dataclass
class Address:
    """Where somebody lives."""

    street: str
    city: str = "Oxford"


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float


@dataclass
class Point3(Address):
    floor: int = 0
    rooms: list[int] = field(default_factory=list)


@dataclass
class Scaled:
    value: int
    factor: InitVar[int]

    def __post_init__(self, factor: int) -> None:
        self.value *= factor


@dataclass
class TreeNode:
    name: str
    children: list[TreeNode] = field(default_factory=list)


@dataclass
class Sample(Generic[T]):
    item: T
    others: list[T]


class OldDict(typing.TypedDict):
    name: str
    age: int


class NewDict(typing_extensions.TypedDict, total=False):
    name: typing_extensions.Required[str]
    nick: str | None
    age: int


class Pair(NamedTuple):
    left: int
    right: str = "none"


class Person(BaseModel):
    """A person."""

    name: str = Field(description="full name")
    age: int = Field(ge=0, le=150)
    role: Literal["admin", "user", "guest"]
    emails: list[str]


class Company(BaseModel):
    name: str
    staff: dict[str, Person] = {}
    boss: Person | None = None
    founded: dt.date = dt.date(2000, 1, 1)


class Category(BaseModel):
    name: str
    inside: list[Category] = []


class Employee(BaseModel):
    name: str
    team: Team | None = None


class Team(BaseModel):
    members: list[Employee]


class Box(BaseModel, Generic[T]):
    item: T


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class Aliased(BaseModel):
    size_cm: int = Field(alias="sizeCm")


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    day: dt.date
    color: Color


class Checked(BaseModel):
    even: int

    @pydantic.field_validator("even")
    @classmethod
    def _is_even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("must be even")
        return value


class Rooted(RootModel[list[int]]):
    pass


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)
    x: int


class Signal(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    samples: np.ndarray
    next: Signal | None = None


@dataclass
class Table:
    frame: pd.DataFrame
    scale: np.ndarray


@pydantic.dataclasses.dataclass
class Checkout:
    items: list[str]
    total: decimal.Decimal = decimal.Decimal(0)


class Shape:
    pass


class Circle(Shape):
    pass


UserId = NewType("UserId", int)
Json = typing_extensions.TypeAliasType("Json", "dict[str, Json] | list[Json] | str | int | float | bool | None")
Pairs = typing_extensions.TypeAliasType("Pairs", list[tuple[str, T]], type_params=(T,))
Percent = Annotated[float, Field(ge=0, le=100, description="in percent")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern="^[A-Z]")]
Animal = Annotated[Cat | Dog, Field(discriminator="kind")]
