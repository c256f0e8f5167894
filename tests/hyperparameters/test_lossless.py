"""JSON holds what was written, or there is none: nothing is lost on the way."""

# ruff: noqa: B008 (mutable and computed defaults are the subject)

import datetime as dt
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters


class Hidden(BaseModel):
    shown: int = 1
    hidden: int = Field(2, exclude=True)


class Aliased(BaseModel):
    watts: int = Field(1, alias="power")


class Needed(BaseModel):
    watts: int = Field(alias="power")


class WrittenAs(BaseModel):
    watts: int = Field(1, serialization_alias="power")


class ReadAs(BaseModel):
    watts: int = Field(1, validation_alias="power")


class EitherName(BaseModel):
    model_config = ConfigDict(alias_generator=str.upper, validate_by_name=True, validate_by_alias=True)

    watts: int = 1


class Rounded(BaseModel):
    watts: float = 1.0

    @field_serializer("watts")
    def round_it(self, value: float) -> int:
        return round(value)


class More(BaseModel):
    model_config = ConfigDict(extra="allow")


class Moody(BaseModel):
    watts: int = 1

    @field_validator("watts", mode="before")
    @classmethod
    def refuse(cls, value: object) -> object:
        if value == 13:
            raise RuntimeError("not that one")
        return value


@track_hyperparameters
def shine(
    *,
    _any: Any = None,
    _many: list[Any] = [],  # noqa: B006
    _hidden: Hidden = Hidden(),
    _aliased: Aliased = Aliased(),
    _needed: Needed = Needed(power=1),
    _written_as: WrittenAs = WrittenAs(),
    _read_as: ReadAs = ReadAs(),
    _either_name: EitherName = EitherName(),
    _rounded: Rounded = Rounded(),
    _more: More = More(),
    _moody: Moody = Moody(),
): ...


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("aliased", Aliased(power=5), {"power": 5}),
        ("needed", Needed(power=5), {"power": 5}),
        ("written_as", WrittenAs(watts=5), {"watts": 5}),
        ("either_name", EitherName(watts=5), {"watts": 5}),
        ("more", More(colour="red"), {"colour": "red"}),
        ("hidden", Hidden(shown=5), {"shown": 5}),
        ("rounded", Rounded(watts=5), {"watts": 5}),
        ("any", {"a": [1, None, "x"]}, {"a": [1, None, "x"]}),
    ],
)
def test_what_is_written_is_read_back(name, value, part):
    scope = Hyperparameters({shine: {name: value}})

    for again in (
        Hyperparameters.model_validate_json(scope.model_dump_json(exclude_unset=True)),
        Hyperparameters.model_validate_json(scope.model_dump_json()),
        Hyperparameters(scope.model_dump()),
    ):
        assert getattr(again[shine], name) == value
    assert scope.model_dump(mode="json", exclude_unset=True) == {shine.config_name: {name: part}}


def test_aliases_are_written_where_they_are_asked_for():
    scope = Hyperparameters({shine: {"either_name": EitherName(watts=5)}})

    text = scope.model_dump_json(exclude_unset=True, by_alias=True)

    assert text == f'{{"{shine.config_name}":{{"either_name":{{"WATTS":5}}}}}}'
    assert Hyperparameters.model_validate_json(text) == scope


@pytest.mark.parametrize(
    ("name", "value", "lost"),
    [
        ("hidden", Hidden(hidden=5), "'hidden.hidden' is 5, and would come back as 2"),
        ("read_as", ReadAs(power=5), "'read_as.watts' is 5, and would come back as 1"),
        ("rounded", Rounded(watts=1.6), "'rounded.watts' is 1.6, and would come back as 2.0"),
        ("any", (1, 2), "'any' is (1, 2), and would come back as [1, 2]"),
        ("any", {1}, "'any' is {1}, and would come back as [1]"),
        ("any", Path("x"), "would come back as 'x'"),
        ("any", b"x", "'any' is b'x', and would come back as 'x'"),
        ("any", math.nan, "'any' is nan, and would come back as 'NaN'"),
        ("many", [0, dt.date(2026, 1, 1)], "'many[1]' is datetime.date(2026, 1, 1), and would come back as '2026"),
        ("many", [{1: "a"}], "'many[0][1]' is 'a', and would come back as (absent)"),
        ("moody", Moody.model_construct(watts=13), "not that one"),
    ],
)
def test_what_would_be_lost_is_named_and_not_written(name, value, lost):
    scope = Hyperparameters()
    scope[shine] = shine.config_model_type.model_construct(_fields_set={name}, **{name: value})

    with pytest.raises(HyperparameterError) as caught:
        scope.model_dump_json(exclude_unset=True)

    message = str(caught.value)
    assert message.startswith(f"{shine.config_name!r}: hyperparameter {name!r} has no JSON form: ")
    assert lost in message
    assert "exclude_unset" not in message
    assert scope.model_dump(exclude_unset=True)


def test_a_value_that_was_not_set_may_be_left_out():
    @track_hyperparameters
    def glow(*, _pair: Any = (1, 2), _each: Iterable[int] = (1, 2)): ...

    with pytest.raises(HyperparameterError, match=r"or write only what was set \(exclude_unset=True\)\.$"):
        Hyperparameters({glow: {}}).model_dump_json()


def test_a_change_of_what_a_model_holds_beyond_its_fields_counts():
    scope = Hyperparameters()
    scope[shine].more.colour = "red"

    assert scope.model_dump(exclude_unset=True) == {shine.config_name: {"more": {"colour": "red"}}}
