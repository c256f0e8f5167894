"""What is captured: cleaned first, cut afterwards, and never an error."""

import dataclasses
import datetime as dt
import decimal
import enum
import json
import logging
import pathlib
import threading

import numpy as np
import pytest
from pydantic import BaseModel, SecretStr

from llm_strategy.errors import ConfigurationError
from llm_strategy.schema import to_jsonable
from llm_strategy.tracing.capture import Capture
from llm_strategy.tracing.secrets import Secrets

KEY = "correct-horse-battery-4711"


class Colour(enum.Enum):
    RED = "red"


class Pet(BaseModel):
    name: str
    token: SecretStr = SecretStr("hidden-4711")


@dataclasses.dataclass
class Basket:
    pets: list
    note: str = dataclasses.field(default="hidden", repr=False)


class Plain:
    def __init__(self):
        self.shown, self._hidden = 1, 2


class Text(str):
    __slots__ = ()

    def __str__(self):
        raise RuntimeError


def boom(*args):
    raise RuntimeError(KEY)


class Nameless(type):
    """Classes whose name cannot be looked at."""

    def __getattribute__(cls, name):
        if name in {"__name__", "__qualname__"}:
            boom()
        return super().__getattribute__(name)


class Unnameable(metaclass=Nameless):
    pass


Exploding = type("Exploding", (), {"__repr__": boom})
ExplodingList = type("ExplodingList", (list,), {"__iter__": boom})
ExplodingAttributes = type("ExplodingAttributes", (), {"__annotations__": {"size": int}, "size": property(boom)})


def captured(value, **options):
    return json.loads(Capture(**options).data(value))


def test_a_text_goes_through_the_hook_then_loses_its_secrets_and_is_cut_last():
    seen = []

    def hook(text):
        seen.append(text)
        return text.replace("NAME", KEY)

    capture = Capture(max_characters=48, redact=hook, secrets=Secrets().including(KEY))
    value = "NAME " * 20

    assert capture.text(value) == ("*** *** *... [63 characters dropped] ...*** *** ", 63)
    assert seen == [value]


@pytest.mark.parametrize("limit", range(1, 120, 7))
def test_no_half_of_a_secret_is_left_at_a_cut(limit):
    capture = Capture(max_characters=limit, secrets=Secrets().including(KEY))
    told, _ = capture.text(f"{KEY} " * 50)

    assert not any(KEY[at : at + 4] in told.replace("characters", "") for at in range(len(KEY) - 4))


def test_a_short_text_is_kept_as_it_is():
    assert Capture(max_characters=5).text("12345") == ("12345", 0)
    assert Capture().text("") == ("", 0)


def test_what_was_dropped_is_told_in_the_middle():
    told, dropped = Capture(max_characters=1000).text("a" * 20_000 + "b" * 20_000)

    assert f"a... [{dropped:,} characters dropped] ...b" in told
    assert len(told) <= 1000
    assert len(told) - len(f"... [{dropped:,} characters dropped] ...") + dropped == 40_000


@pytest.mark.parametrize("limit", range(60, 80))
def test_a_surrogate_pair_is_not_split(limit):
    told, dropped = Capture(max_characters=limit).text("\ud83d\udd11" * 200)

    left = told.replace(f"... [{dropped} characters dropped] ...", "|")
    assert all(half == "\ud83d\udd11" * (len(half) // 2) for half in left.split("|"))
    assert len(left) - 1 + dropped == 400


@pytest.mark.parametrize(
    ("hook", "kind"),
    [
        (boom, "RuntimeError"),
        (lambda text: None, "TypeError"),
        (lambda text: b"", "TypeError"),
        (lambda: "", "TypeError"),
    ],
)
def test_a_hook_that_fails_leaves_the_text_out_and_is_told_of_once(hook, kind, caplog):
    capture = Capture(redact=hook)
    with caplog.at_level(logging.WARNING, "llm_strategy.tracing"):
        told = [capture.text("private")[0], capture.text("private")[0], capture.data(["private"])]

    shown = f"[redaction failed: {kind}]"
    assert told == [shown, shown, json.dumps([shown])]
    assert len(caplog.records) == 1
    assert kind in caplog.text
    assert KEY not in caplog.text


def test_without_content_there_is_no_text():
    assert Capture(content=False).content_text("private") is None
    assert Capture().content_text("public") == ("public", 0)


@pytest.mark.parametrize("limit", [0, -1, 1.5, "5", True, None])
def test_an_impossible_limit_is_refused(limit):
    with pytest.raises(ConfigurationError, match="is no limit"):
        Capture(max_characters=limit)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1,
        1.5,
        float("inf"),
        float("nan"),
        2**70,
        "text",
        'é🔑\n"',
        Text("text"),
        b"bytes",
        b"\xff\x00",
        bytearray(b"a"),
        memoryview(b"a"),
        Colour.RED,
        Pet(name="Rex"),
        Basket([Pet(name="Rex"), Colour.RED]),
        Plain(),
        dt.date(2026, 1, 31),
        dt.timedelta(seconds=3),
        decimal.Decimal("1.50"),
        pathlib.Path("/tmp/a"),
        [1, [2, (3,)], {"a": {4}}],
        {3, 1, 2},
        {"b", "a", 1},
        {"a": 1, "b": [None]},
        {2: "a", None: "b", True: "c", 1.5: "d"},
        {(1, 2): "pair"},
        {"x": 1}.keys(),
        range(3),
        int,
        len,
        np.arange(3),
        np.float64(0.5),
        {"k" * 2000: 1},
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_is_captured_as_a_model_would_see_it(value):
    if isinstance(value, Text):
        assert captured(value) == "text"
    else:
        assert captured(value) == to_jsonable(value)


def test_secrets_and_hidden_parts_are_not_captured():
    told = Capture(secrets=Secrets().including(KEY)).data([Pet(name=KEY), Basket([KEY]), SecretStr("hidden"), {KEY: 1}])

    assert json.loads(told) == [{"name": "***", "token": "**********"}, {"pets": ["***"]}, "**********", {"***": 1}]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Exploding(), "<Exploding: RuntimeError when it was looked at>"),
        (ExplodingList(), "<ExplodingList: RuntimeError when it was looked at>"),
        (ExplodingAttributes(), "<ExplodingAttributes: RuntimeError when it was looked at>"),
        (Unnameable(), "<object: RuntimeError when it was looked at>"),
        (object(), "<object>"),
        (threading.Lock(), "<lock>"),
        ((item for item in "ab"), "<generator>"),
        (ValueError("wrong"), "ValueError('wrong')"),
        (10**1000, "<int of 3,322 bits>"),
        (np.zeros(100_000), "<ndarray of 100,000 items>"),
        (bytes(100_000), "<bytes of 100,000 items>"),
        ("\ud83d", "\ud83d"),
    ],
)
def test_what_is_no_data_is_captured_by_name(value, told):
    assert captured(value) == told
    assert captured({"in": [value]}) == {"in": [told]}


def test_what_contains_itself_is_captured_once():
    circle = [1]
    circle.append({"back": circle})
    twice = [1]

    assert captured(circle) == [1, {"back": "<list, in itself>"}]
    assert captured([twice, twice]) == [[1], [1]]


def test_what_nests_too_deep_is_cut_there():
    deep = []
    for _ in range(100_000):
        deep = [deep]

    assert "<list>" in json.dumps(captured(deep))


@pytest.mark.parametrize(
    "value",
    [
        ["x" * 100] * 1000,
        list(range(1_000_000)),
        {f"name {number}": number for number in range(100_000)},
        "x" * 10_000_000,
        ["x" * 1_000_000] * 100,
        {"a": "x" * 5000, "b": "y" * 5000},
        np.arange(16_000),
        [[[None]]] * 100_000,
        {number: {"x": "y"} for number in range(50_000)},
    ],
    ids=["list", "numbers", "names", "text", "texts", "two texts", "array", "nested", "objects"],
)
def test_a_large_value_is_cut_and_still_json(value):
    told = Capture(max_characters=2000).data(value)

    json.loads(told)
    assert 500 < len(told) < 3000
    assert "more]" in told or "characters dropped" in told


def test_the_names_of_what_is_left_out_are_counted():
    assert captured(list(range(100)), max_characters=30)[-1] == "... [91 more]"
    assert captured({"a": "x" * 50, "b": 1, "c": 2}, max_characters=30)["..."] == "[2 more]"


def test_an_endless_mapping_is_cut():
    class Endless(dict):
        def items(self):
            number = 0
            while True:
                number += 1
                yield number, number

    assert "more]" in Capture(max_characters=1000).data(Endless(a=1))


@pytest.mark.parametrize("before", [0, 8_170, 8_192, 10_000, 18_380, 18_392, 18_400, 26_500])
def test_a_secret_at_the_place_of_an_early_cut_leaves_nothing(before):
    value = "-" * before + KEY + "-" * 2_000_000 + KEY + "-" * before
    told = Capture(max_characters=2000, secrets=Secrets().including(KEY)).data([value])

    assert not any(KEY[at : at + 6] in told for at in range(len(KEY) - 6))


def test_what_a_hook_makes_of_texts_stays_json():
    capture = Capture(redact=lambda text: text.replace("Ann", '"'))
    assert json.loads(capture.data({"name": "Ann", "Ann": 12})) == {"name": '"', '"': 12}
    assert json.loads(capture.clean_json('{"f": {"rate": 0.5, "who": "Ann"}}')) == {"f": {"rate": 0.5, "who": '"'}}


def test_what_a_hook_makes_of_data_is_cut_and_stays_json():
    told = Capture(max_characters=60, redact=lambda text: "no json " * 100).data({"a": 1})
    assert "characters dropped" in next(iter(json.loads(told)))
