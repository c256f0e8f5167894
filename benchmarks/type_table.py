"""Return types that a typed LLM function should handle, each with an example value.

Reusable: `TABLE` is a tuple of cases; a case knows its type, a value, and how two values are compared.
"""

from __future__ import annotations

import collections
import collections.abc
import datetime as dt
import decimal
import enum
import fractions
import ipaddress
import pathlib
import re
import typing
import uuid
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, TypeVar

import numpy as np
import pandas as pd
import pydantic
import typing_extensions
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, RootModel, SecretStr, StringConstraints

__all__ = ["TABLE", "TypeCase"]

T = TypeVar("T")
N = TypeVar("N", bound=int)


@dataclass(frozen=True)
class TypeCase:
    """A return type with a value that a function could return."""

    name: str
    annotation: Any
    value: Any
    same: Callable[[Any, Any], bool] = lambda left, right: bool(left == right) and type(left) is type(right)
    """Whether the value that was read is the value that was sent."""
    data: Any = None
    """JSON data that a model would send; None where `OutputSchema.dump` can say it."""


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


def _same_signal(left: Signal, right: Signal) -> bool:
    same = np.array_equal(left.samples, right.samples)
    if left.next is None or right.next is None:
        return same and left.next is right.next
    return same and _same_signal(left.next, right.next)


def _same_table(left: Table, right: Table) -> bool:
    return left.frame.equals(right.frame) and np.array_equal(left.scale, right.scale)


def _same_arrays(left: list[Any], right: list[Any]) -> bool:
    return len(left) == len(right) and all(map(np.array_equal, left, right))


_UTC = dt.UTC
_FRAME = pd.DataFrame({"name": ["a", "b"], "n": [1, 2]})
_ANN = Person(name="Ann", age=41, role="admin", emails=["a@b.org"])

TABLE: tuple[TypeCase, ...] = (
    TypeCase("str", str, 'a "quoted"\nline'),
    TypeCase("int", int, -7),
    TypeCase("float", float, 2.5),
    TypeCase("bool", bool, True),
    TypeCase("None", None, None),
    TypeCase("bytes", bytes, b"abc"),
    TypeCase("Any", Any, {"a": [1, None]}),
    TypeCase("object", object, ["x"]),
    TypeCase("complex", complex, 1 + 2j),
    TypeCase("Optional set", int | None, 3),
    TypeCase("Optional empty", str | None, None),
    TypeCase("Union of scalars", int | str, "7 up"),
    TypeCase("Union of objects", Address | Point, Point(1.0, 2.0)),
    TypeCase("Union of a list and an object", list[int] | Person, [1]),
    TypeCase("discriminated union", Animal, Dog(kind="dog", tricks=["sit"])),
    TypeCase("list of discriminated unions", list[Animal], [Cat(kind="cat", lives=9)]),
    TypeCase("Literal", Literal["a", "b"], "b"),
    TypeCase("mixed Literal", Literal["a", 1, True] | None, 1),
    TypeCase("Enum", Color, Color.BLUE),
    TypeCase("IntEnum", Level, Level.HIGH),
    TypeCase("StrEnum", Size, Size.LARGE),
    TypeCase("Flag", Access, Access.READ | Access.RUN),
    TypeCase("Enum of tuples", Corner, Corner.SOUTH_EAST),
    TypeCase("list of Enum of tuples", list[Corner], [Corner.NORTH_WEST]),
    TypeCase("dataclass", Address, Address("High Street")),
    TypeCase("frozen slotted dataclass", Point, Point(1.5, -2.0)),
    TypeCase("inherited dataclass", Point3, Point3("High Street", floor=2, rooms=[1])),
    TypeCase("dataclass with an InitVar", Scaled, Scaled(2, 3), data={"value": 2, "factor": 3}),
    TypeCase("recursive dataclass", TreeNode, TreeNode("a", [TreeNode("b", [TreeNode("c")])])),
    TypeCase("generic dataclass", Sample[int], Sample(1, [2, 3])),
    TypeCase("pydantic dataclass", Checkout, Checkout(["tea"], decimal.Decimal("2.50"))),
    TypeCase("TypedDict of typing", OldDict, {"name": "Ann", "age": 3}),
    TypeCase("TypedDict, keys absent", NewDict, {"name": "Ann"}),
    TypeCase("TypedDict, key None", NewDict, {"name": "Ann", "nick": None, "age": 3}),
    TypeCase("list of TypedDict", list[OldDict], [{"name": "Ann", "age": 3}]),
    TypeCase("NamedTuple", Pair, Pair(1, "x")),
    TypeCase("NamedTuple, default", list[Pair], [Pair(1)]),
    TypeCase("BaseModel", Person, _ANN),
    TypeCase("nested BaseModel", Company, Company(name="X", staff={"ann": _ANN}, boss=_ANN)),
    TypeCase("recursive BaseModel", Category, Category(name="a", inside=[Category(name="b")])),
    TypeCase("mutually recursive", Team, Team(members=[Employee(name="a", team=Team(members=[]))])),
    TypeCase("generic BaseModel", Box[list[int]], Box[list[int]](item=[1])),
    TypeCase("generic of generic", Box[Box[str]], Box[Box[str]](item=Box[str](item="x"))),
    TypeCase("model with alias", Aliased, Aliased(sizeCm=3)),
    TypeCase("model with extra fields", Open, Open(name="a", more=1)),  # type: ignore[call-arg]
    TypeCase("strict model", Strict, Strict(day=dt.date(2026, 1, 2), color=Color.RED)),
    TypeCase("model with a validator", Checked, Checked(even=4)),
    TypeCase("RootModel", Rooted, Rooted([1, 2])),
    TypeCase("NewType", UserId, UserId(5)),
    TypeCase("recursive alias", Json, {"a": [1, {"b": None}]}),
    TypeCase("generic alias", Pairs[int], [("a", 1)]),
    TypeCase("bounded TypeVar", list[N], [1, 2]),
    TypeCase("Annotated number", Percent, 12.5),
    TypeCase("Annotated text", Name, "Ann"),
    TypeCase("list of Annotated", list[Percent], [1.5]),
    TypeCase("list", list[str], ["a", ""]),
    TypeCase("bare list", list, [1, "a"]),
    TypeCase("nested lists", list[list[int]], [[1], []]),
    TypeCase("tuple", tuple[int, str, bool], (1, "a", False)),
    TypeCase("tuple of one", tuple[str], ("a",)),
    TypeCase("empty tuple", tuple[()], ()),
    TypeCase("variadic tuple", tuple[int, ...], (1, 2, 3)),
    TypeCase("list of tuples", list[tuple[str, float]], [("a", 1.5)]),
    TypeCase("set", set[int], {3, 1}),
    TypeCase("frozenset", frozenset[str], frozenset({"a"})),
    TypeCase("deque", collections.deque[int], collections.deque([1, 2])),
    TypeCase("Sequence", collections.abc.Sequence[int], [1, 2]),
    TypeCase("Iterable", collections.abc.Iterable[int], [1, 2]),
    TypeCase("Collection", collections.abc.Collection[str], ["a"]),
    TypeCase("Mapping", collections.abc.Mapping[str, int], {"a": 1}),
    TypeCase("dict", dict[str, int], {"a": 1}),
    TypeCase("bare dict", dict, {"a": [1]}),
    TypeCase("dict of models", dict[str, Person], {"ann": _ANN}),
    TypeCase("dict with int keys", dict[int, str], {1: "a", -2: "b"}),
    TypeCase("dict with float keys", dict[float, str], {1.5: "a"}),
    TypeCase("dict with bool keys", dict[bool, int], {True: 1, False: 0}),
    TypeCase("dict with Enum keys", dict[Color, int], {Color.RED: 1}),
    TypeCase("dict with IntEnum keys", dict[Level, int], {Level.LOW: 1}),
    TypeCase("dict with Literal keys", dict[Literal["x", "y"], int], {"y": 1}),
    TypeCase("dict with date keys", dict[dt.date, int], {dt.date(2026, 1, 2): 1}),
    TypeCase("dict with Path keys", dict[pathlib.Path, int], {pathlib.Path("a/b"): 1}),
    TypeCase("dict with numbers in a Literal", dict[Literal[1, 2], str], {2: "a"}),
    TypeCase("dict with checked keys", dict[Name, int], {"Ann": 1}),
    TypeCase("dict with tuple keys", dict[tuple[int, int], str], {(1, 2): "a", (0, 0): "b"}),
    TypeCase("dict with model keys", dict[Frozen, int], {Frozen(x=1): 2}),
    TypeCase("dict with mixed keys", dict[int | str, int], {1: 1, "1": 2}),
    TypeCase("defaultdict", collections.defaultdict[str, list[int]], collections.defaultdict(list, {"a": [1]})),
    TypeCase("OrderedDict", collections.OrderedDict[str, int], collections.OrderedDict(b=1, a=2)),
    TypeCase("Counter", collections.Counter[str], collections.Counter("aab")),
    TypeCase("datetime", dt.datetime, dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=_UTC)),
    TypeCase("date", dt.date, dt.date(2026, 1, 2)),
    TypeCase("time", dt.time, dt.time(3, 4, 5)),
    TypeCase("timedelta", dt.timedelta, dt.timedelta(days=1, hours=2)),
    TypeCase("Decimal", decimal.Decimal, decimal.Decimal("1.10")),
    TypeCase("Fraction", fractions.Fraction, fractions.Fraction(1, 3)),
    TypeCase("UUID", uuid.UUID, uuid.UUID(int=7)),
    TypeCase("Path", pathlib.Path, pathlib.Path("a/b.txt")),
    TypeCase("IPv4Address", ipaddress.IPv4Address, ipaddress.IPv4Address("10.0.0.1")),
    TypeCase("HttpUrl", HttpUrl, HttpUrl("https://example.org/a")),
    TypeCase("Pattern", re.Pattern[str], re.compile("a+")),
    TypeCase("SecretStr", SecretStr, SecretStr("abc"), data="abc"),
    TypeCase("Json text", pydantic.Json[list[int]], [1, 2]),
    TypeCase("range", range, range(0, 6, 2)),
    TypeCase("type of a class", type[Shape], Circle),
    TypeCase("ndarray", np.ndarray, np.array([[1.5, 2.0], [3.0, 4.0]]), np.array_equal),
    TypeCase("list of ndarray", list[np.ndarray], [np.array([1, 2]), np.array([3])], _same_arrays),
    TypeCase(
        "ndarray in a model", Signal, Signal(samples=np.array([1.0]), next=Signal(samples=np.array([2]))), _same_signal
    ),
    TypeCase("numpy number", np.float64, np.float64(1.5)),
    TypeCase("DataFrame", pd.DataFrame, _FRAME, pd.DataFrame.equals),
    TypeCase("Series", pd.Series, pd.Series([1.5, 2.5]), pd.Series.equals),
    TypeCase("DataFrame in a dataclass", Table, Table(_FRAME, np.array([1, 2])), _same_table),
)
"""Every case, simple types first."""
