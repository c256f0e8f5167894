"""Values as data."""

import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import json
import pathlib
import uuid
from collections import Counter, OrderedDict, deque, namedtuple

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel

from llm_strategy.sandbox.process.guest.values import NotData, Plain, shown


class Colour(enum.IntEnum):
    RED = 1


@dataclasses.dataclass
class Point:
    x: int
    at: dt.date


class Model(BaseModel):
    day: dt.date


Pair = namedtuple("Pair", "a b")

CASES = [
    (None, None),
    (True, True),
    (3, 3),
    (2.5, 2.5),
    ("é", "é"),
    ("\ud800x", "?x"),
    (float("nan"), "NaN"),
    (float("inf"), "Infinity"),
    (-float("inf"), "-Infinity"),
    (Colour.RED, 1),
    ((1, (2,)), [1, [2]]),
    ({"b", "a"}, ["a", "b"]),
    (frozenset({1}), [1]),
    ({1, "a"}, [1, "a"]),
    (deque([1]), [1]),
    (range(3), [0, 1, 2]),
    ({"a": 1}.keys(), ["a"]),
    ({"a": 1}.items(), [["a", 1]]),
    (Pair(1, 2), [1, 2]),
    (OrderedDict(a=1), {"a": 1}),
    (Counter("aa"), {"a": 2}),
    ({7: "a", None: "b", True: "c", 2.5: "d"}, {"7": "a", "null": "b", "true": "c", "2.5": "d"}),
    ({dt.date(2026, 1, 2): 1}, {"2026-01-02": 1}),
    ({(1, 2): 3}, [{"key": [1, 2], "value": 3}]),
    (b"text", "text"),
    (bytearray(b"\xff"), "/w=="),
    (Point(1, dt.date(2026, 1, 2)), {"x": 1, "at": "2026-01-02"}),
    (dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC), "2026-01-02T03:04:00+00:00"),
    (dt.time(3, 4), "03:04:00"),
    (dt.timedelta(seconds=90), 90.0),
    (decimal.Decimal("1.50"), "1.50"),
    (fractions.Fraction(1, 3), "1/3"),
    (complex(1, 2), "(1+2j)"),
    (pathlib.PurePosixPath("a/b"), "a/b"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (Model(day=dt.date(2026, 1, 2)), {"day": "2026-01-02"}),
    (np.int64(3), 3),
    (np.float32(0.5), 0.5),
    (np.bool_(True), True),
    (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
    (np.array([1.0, np.nan]), [1.0, "NaN"]),
    (np.datetime64("2026-01-02"), "2026-01-02"),
    (pd.Timestamp("2026-01-02"), "2026-01-02T00:00:00"),
    (pd.NaT, None),
    (pd.NA, None),
    (pd.DataFrame({"a": [1, 2], "b": [None, "x"]}), [{"a": 1, "b": None}, {"a": 2, "b": "x"}]),
    (pd.DataFrame({1: [0.5, np.nan]}), [{"1": 0.5}, {"1": None}]),
    (pd.Series([1, 2]), [1, 2]),
    (pd.Series([1.0, None], index=["a", "b"]), {"a": 1.0, "b": None}),
    (pd.Index(["a"]), ["a"]),
]


@pytest.mark.parametrize(("value", "data"), CASES, ids=lambda each: repr(each)[:40])
def test_it_is_data(value, data):
    made = Plain(10_000).write(value)
    assert made == data
    json.dumps(made, allow_nan=False).encode()


@pytest.mark.parametrize(
    "value", [object(), print, Point, iter([1]), (one for one in [1]), pd, np.longdouble(1)], ids=repr
)
def test_it_is_no_data(value):
    with pytest.raises(NotData, match="it is of type"):
        Plain(10_000).write(value)


def test_a_circle_is_no_data():
    value = []
    value.append(value)
    with pytest.raises(NotData, match="nests too deep"):
        Plain(1_000_000).write(value)


@pytest.mark.parametrize(
    "value",
    ["x" * 2000, [0] * 2000, np.zeros(2000), pd.Series([0] * 2000), 10**3500],
    ids=lambda each: str(type(each)),
)
def test_too_much_is_no_data(value):
    with pytest.raises(NotData, match="too large"):
        Plain(1000).write(value)


def test_a_number_with_too_many_digits_is_no_data():
    with pytest.raises(NotData, match="digits"):
        Plain(10**9).write(1 << 20_000)


def test_a_long_repr_is_cut():
    assert shown("x" * 100, 10) == "'xxxxxxxxx..."
    assert shown([1], 10) == "[1]"


class Short(str):
    """A text that says that it is short."""

    __slots__ = ()

    def __len__(self):
        return 1


class Odd:
    def __init__(self, shown):
        self.shown = shown

    def __repr__(self):
        return self.shown


@pytest.mark.parametrize(
    ("text", "told"), [("caf\udce9", "caf?"), (Short("x" * 100), "xxxxxxxxxx..."), (Short("\ud800"), "?")], ids=ascii
)
def test_whatever_kind_of_text_a_repr_gives_it_can_be_sent(text, told):
    made = shown(Odd(text), 10)
    assert (type(made), made) == (str, told)


def test_a_text_that_says_that_it_is_short_is_too_large_all_the_same():
    with pytest.raises(NotData, match="too large"):
        Plain(1000).write(Short("x" * 5000))


def test_keys_that_are_one_as_text_lose_no_value():
    assert Plain(1000).write({1: 1, "1": 2}) == [{"key": 1, "value": 1}, {"key": "1", "value": 2}]
