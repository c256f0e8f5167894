"""Return types that a typed LLM function should handle, each with an example value.

Reusable: `TABLE` is a tuple of cases; a case knows its type, a value, and how two values are compared.
"""

from __future__ import annotations

import collections
import collections.abc
import datetime as dt
import decimal
import fractions
import ipaddress
import pathlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pydantic
from pydantic import HttpUrl, SecretStr

from benchmarks import type_examples as ex

__all__ = ["TABLE", "TypeCase"]


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


def _same_signal(left: ex.Signal, right: ex.Signal) -> bool:
    same = np.array_equal(left.samples, right.samples)
    if left.next is None or right.next is None:
        return same and left.next is right.next
    return same and _same_signal(left.next, right.next)


def _same_table(left: ex.Table, right: ex.Table) -> bool:
    return left.frame.equals(right.frame) and np.array_equal(left.scale, right.scale)


def _same_arrays(left: list[Any], right: list[Any]) -> bool:
    return len(left) == len(right) and all(map(np.array_equal, left, right))


_UTC = dt.UTC
_FRAME = pd.DataFrame({"name": ["a", "b"], "n": [1, 2]})
_SIGNAL = ex.Signal(samples=np.array([1.0]), next=ex.Signal(samples=np.array([2])))
_ANN = ex.Person(name="Ann", age=41, role="admin", emails=["a@b.org"])

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
    TypeCase("Union of objects", ex.Address | ex.Point, ex.Point(1.0, 2.0)),
    TypeCase("Union of a list and an object", list[int] | ex.Person, [1]),
    TypeCase("discriminated union", ex.Animal, ex.Dog(kind="dog", tricks=["sit"])),
    TypeCase("list of discriminated unions", list[ex.Animal], [ex.Cat(kind="cat", lives=9)]),
    TypeCase("Literal", Literal["a", "b"], "b"),
    TypeCase("mixed Literal", Literal["a", 1, True] | None, 1),
    TypeCase("Enum", ex.Color, ex.Color.BLUE),
    TypeCase("IntEnum", ex.Level, ex.Level.HIGH),
    TypeCase("StrEnum", ex.Size, ex.Size.LARGE),
    TypeCase("Flag", ex.Access, ex.Access.READ | ex.Access.RUN),
    TypeCase("Enum of tuples", ex.Corner, ex.Corner.SOUTH_EAST),
    TypeCase("list of Enum of tuples", list[ex.Corner], [ex.Corner.NORTH_WEST]),
    TypeCase("dataclass", ex.Address, ex.Address("High Street")),
    TypeCase("frozen slotted dataclass", ex.Point, ex.Point(1.5, -2.0)),
    TypeCase("inherited dataclass", ex.Point3, ex.Point3("High Street", floor=2, rooms=[1])),
    TypeCase("dataclass with an InitVar", ex.Scaled, ex.Scaled(2, 3), data={"value": 2, "factor": 3}),
    TypeCase("recursive dataclass", ex.TreeNode, ex.TreeNode("a", [ex.TreeNode("b", [ex.TreeNode("c")])])),
    TypeCase("generic dataclass", ex.Sample[int], ex.Sample(1, [2, 3])),
    TypeCase("pydantic dataclass", ex.Checkout, ex.Checkout(["tea"], decimal.Decimal("2.50"))),
    TypeCase("TypedDict of typing", ex.OldDict, {"name": "Ann", "age": 3}),
    TypeCase("TypedDict, keys absent", ex.NewDict, {"name": "Ann"}),
    TypeCase("TypedDict, key None", ex.NewDict, {"name": "Ann", "nick": None, "age": 3}),
    TypeCase("list of TypedDict", list[ex.OldDict], [{"name": "Ann", "age": 3}]),
    TypeCase("NamedTuple", ex.Pair, ex.Pair(1, "x")),
    TypeCase("NamedTuple, default", list[ex.Pair], [ex.Pair(1)]),
    TypeCase("BaseModel", ex.Person, _ANN),
    TypeCase("nested BaseModel", ex.Company, ex.Company(name="X", staff={"ann": _ANN}, boss=_ANN)),
    TypeCase("recursive BaseModel", ex.Category, ex.Category(name="a", inside=[ex.Category(name="b")])),
    TypeCase("mutually recursive", ex.Team, ex.Team(members=[ex.Employee(name="a", team=ex.Team(members=[]))])),
    TypeCase("generic BaseModel", ex.Box[list[int]], ex.Box[list[int]](item=[1])),
    TypeCase("generic of generic", ex.Box[ex.Box[str]], ex.Box[ex.Box[str]](item=ex.Box[str](item="x"))),
    TypeCase("model with alias", ex.Aliased, ex.Aliased(sizeCm=3)),
    TypeCase("model with extra fields", ex.Open, ex.Open(name="a", more=1)),  # type: ignore[call-arg]
    TypeCase("strict model", ex.Strict, ex.Strict(day=dt.date(2026, 1, 2), color=ex.Color.RED)),
    TypeCase("model with a validator", ex.Checked, ex.Checked(even=4)),
    TypeCase("RootModel", ex.Rooted, ex.Rooted([1, 2])),
    TypeCase("NewType", ex.UserId, ex.UserId(5)),
    TypeCase("recursive alias", ex.Json, {"a": [1, {"b": None}]}),
    TypeCase("generic alias", ex.Pairs[int], [("a", 1)]),
    TypeCase("bounded TypeVar", list[ex.N], [1, 2]),
    TypeCase("Annotated number", ex.Percent, 12.5),
    TypeCase("Annotated text", ex.Name, "Ann"),
    TypeCase("list of Annotated", list[ex.Percent], [1.5]),
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
    TypeCase("dict of models", dict[str, ex.Person], {"ann": _ANN}),
    TypeCase("dict with int keys", dict[int, str], {1: "a", -2: "b"}),
    TypeCase("dict with float keys", dict[float, str], {1.5: "a"}),
    TypeCase("dict with bool keys", dict[bool, int], {True: 1, False: 0}),
    TypeCase("dict with Enum keys", dict[ex.Color, int], {ex.Color.RED: 1}),
    TypeCase("dict with IntEnum keys", dict[ex.Level, int], {ex.Level.LOW: 1}),
    TypeCase("dict with Literal keys", dict[Literal["x", "y"], int], {"y": 1}),
    TypeCase("dict with date keys", dict[dt.date, int], {dt.date(2026, 1, 2): 1}),
    TypeCase("dict with Path keys", dict[pathlib.Path, int], {pathlib.Path("a/b"): 1}),
    TypeCase("dict with numbers in a Literal", dict[Literal[1, 2], str], {2: "a"}),
    TypeCase("dict with checked keys", dict[ex.Name, int], {"Ann": 1}),
    TypeCase("dict with tuple keys", dict[tuple[int, int], str], {(1, 2): "a", (0, 0): "b"}),
    TypeCase("dict with model keys", dict[ex.Frozen, int], {ex.Frozen(x=1): 2}),
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
    TypeCase("type of a class", type[ex.Shape], ex.Circle),
    TypeCase("ndarray", np.ndarray, np.array([[1.5, 2.0], [3.0, 4.0]]), np.array_equal),
    TypeCase("list of ndarray", list[np.ndarray], [np.array([1, 2]), np.array([3])], _same_arrays),
    TypeCase("ndarray in a model", ex.Signal, _SIGNAL, _same_signal),
    TypeCase("numpy number", np.float64, np.float64(1.5)),
    TypeCase("DataFrame", pd.DataFrame, _FRAME, pd.DataFrame.equals),
    TypeCase("Series", pd.Series, pd.Series([1.5, 2.5]), pd.Series.equals),
    TypeCase("DataFrame in a dataclass", ex.Table, ex.Table(_FRAME, np.array([1, 2])), _same_table),
)
"""Every case, simple types first."""
