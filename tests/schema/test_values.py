import collections
import dataclasses
import datetime as dt
import enum
import functools
import io
import math
import threading
import types
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    RootModel,
    SecretStr,
    computed_field,
    field_serializer,
    model_serializer,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass

from llm_strategy.errors import InputError
from llm_strategy.schema import output_schema, to_jsonable


class Color(enum.Enum):
    RED = "red"


class Corner(enum.Enum):
    NORTH = (0, 1)


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: int
    y: int = 0


@dataclass
class User:
    name: str
    password: str = field(default="secret", repr=False)
    token: Annotated[str, Field(repr=False)] = "secret"
    friends: list["User"] = field(default_factory=list)
    name_length: int = field(init=False, default=3)


class Account(BaseModel):
    name: str
    key: str = Field("secret", repr=False)
    hash: str = Field("secret", exclude=True)
    pin: SecretStr = SecretStr("secret")
    owner: User = User("Ann")
    also: str = Field("x", alias="alsoKnownAs")

    @computed_field
    @property
    def shout(self) -> str:
        return self.name.upper()


class Shape(BaseModel):
    name: str


class Circle(Shape):
    radius: float


class Temperature(BaseModel):
    degrees: float
    unit: Annotated[str, PlainSerializer(str.upper)] = "c"

    @field_serializer("degrees")
    def _rounded(self, degrees: float) -> str:
        return f"{degrees:.1f}"


class Whole(BaseModel):
    x: int

    @model_serializer
    def _as_text(self) -> str:
        return f"x={self.x}"


class Aliased(BaseModel):
    a: int = Field(1, validation_alias=AliasChoices(AliasPath("first"), "second"))
    b: int = Field(2, validation_alias=AliasPath("list", 0))


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Plain:
    limit: int

    def __init__(self) -> None:
        self.name = "x"
        self._hidden = "secret"


class Slotted:
    __slots__ = ("x",)
    x: int

    def __init__(self) -> None:
        self.x = 1


class Described:
    def __repr__(self) -> str:
        return "Described()"


@pydantic_dataclass
class Checked:
    name: str
    key: str = Field("secret", repr=False)


def add(a: int, b: int = 1) -> int:
    """Add two numbers.

    Slowly.
    """
    return a + b


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (math.nan, "NaN"),
        (b"abc", "abc"),
        (b"\xff", "/w=="),
        (bytearray(b"a"), "a"),
        (Color.RED, "red"),
        (Corner.NORTH, "NORTH"),
        (Access.READ | Access.WRITE, 3),
        (enum.IntEnum("Level", "LOW").LOW, 1),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.timedelta(days=1), "P1D"),
        (Decimal("1.10"), "1.10"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Path("a/b"), "a/b"),
        (SecretStr("secret"), "**********"),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({1, "a", None}, [1, None, "a"]),
        ({(2, 1), (1, 2)}, [[1, 2], [2, 1]]),
        (collections.deque([1]), [1]),
        (range(3), {"start": 0, "stop": 3, "step": 1}),
        (Point(1), {"x": 1, "y": 0}),
        ({1: "a", None: "b", False: "c"}, {"1": "a", "null": "b", "false": "c"}),
        ({(1, 2): "a"}, [{"key": [1, 2], "value": "a"}]),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.float64(1.5), 1.5),
        (np.int32(2), 2),
        (np.bool_(True), True),
        (pd.DataFrame({"a": [1, None]}), {"columns": ["a"], "rows": [[1.0], [None]]}),
        (pd.Series([1, 2]), [1, 2]),
        (pd.Series([1, 2], index=["x", "y"]), {"x": 1, "y": 2}),
        (pd.Timestamp("2026-01-02"), "2026-01-02T00:00:00"),
        (int, "int"),
        (list[int], "list[int]"),
        (add, "add(a: int, b: int = 1) -> int: Add two numbers."),
        (functools.partial(add, 1), "add(b: int = 1) -> int: Add two numbers."),
        (types.SimpleNamespace(a=1), {"a": 1}),
        (Shape(name="x"), {"name": "x"}),
        ([Circle(name="x", radius=1.0)], [{"name": "x", "radius": 1.0}]),
        (RootModel[list[int]]([1]), [1]),
        (Temperature(degrees=1.25), {"degrees": "1.2", "unit": "C"}),
        (Whole(x=1), "x=1"),
        (Aliased(), {"first": 1, "b": 2}),
        (Open(more=[1]), {"more": [1]}),
        (Checked("x"), {"name": "x"}),
        (Plain(), {"name": "x"}),
        (Slotted(), {"x": 1}),
        (Described(), "Described()"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_is_shown_as_json(value, data):
    assert to_jsonable(value) == data


def test_private_fields_are_left_out_at_every_depth():
    shown = to_jsonable({"accounts": [Account(name="a", alsoKnownAs="y")]})
    assert shown["accounts"][0] == {
        "name": "a",
        "pin": "**********",
        "owner": {"name": "Ann", "friends": [], "name_length": 3},
        "alsoKnownAs": "y",
        "shout": "A",
    }
    assert "secret" not in str(shown)


def test_data_that_is_read_back_is_complete():
    ann = User("Ann", "pass", friends=[User("Bob")])
    schema = output_schema(User)
    assert schema.read(schema.dump(ann)) == ann
    assert "name_length" not in schema.dump(ann)


def test_a_serializer_of_the_annotation_is_used():
    assert to_jsonable(1, Annotated[int, PlainSerializer(lambda value: f"no. {value}")]) == "no. 1"
    assert to_jsonable(1, Annotated[int, "years"]) == 1


def test_a_builtin_without_a_signature_is_shown_all_the_same():
    assert to_jsonable(dict.fromkeys).startswith("fromkeys(")
    assert to_jsonable(print).startswith("print(")
    assert to_jsonable(iter).startswith("iter(...)")


def test_a_list_that_contains_itself_is_refused_with_its_path():
    circle: list[Any] = [1]
    circle.append({"again": circle})
    with pytest.raises(InputError, match=r"\"items\[1\]\['again'\]\" is a list.*contains itself \(it is 'items'\)"):
        to_jsonable(circle, where="items")


def test_parents_and_children_that_know_each_other_are_refused():
    @dataclass
    class Node:
        name: str
        parent: Any = None
        children: list[Any] = field(default_factory=list)

    root = Node("root")
    root.children.append(Node("leaf", root))
    with pytest.raises(InputError, match=r"'tree.children\[0\].parent' is a Node.*with repr=False"):
        to_jsonable(root, where="tree")


def test_plain_objects_that_contain_themselves_are_refused():
    plain = Plain()
    plain.name = plain
    with pytest.raises(InputError, match="contains itself"):
        to_jsonable(plain)


def test_a_value_that_nests_too_deep_is_refused():
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(InputError, match="'deep' nests too deep"):
        to_jsonable(deep, where="deep")


def test_the_same_object_twice_is_no_circle():
    ann = User("Ann")
    assert len(to_jsonable([ann, ann])) == 2


class Empty:
    pass


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (io.StringIO(), "'job.file' is a StringIO and cannot be shown to a model"),
        (threading.Lock(), "'job.file' is a lock .*it is no data"),
        (threading, "'job.file' is a module"),
        ((n for n in ()), "'job.file' is a generator .*read only once. Pass a list"),
        (iter([1]), "read only once"),
        (Empty(), "'job.file' is a Empty .*register_type"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_data_is_refused_with_the_parameter_and_the_remedy(value, words):
    job = dataclasses.make_dataclass("Job", ["file"])(value)
    with pytest.raises(InputError, match=words):
        to_jsonable(job, where="job")
