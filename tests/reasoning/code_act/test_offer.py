"""What `finish` takes for the declared type, and what it does not."""

import json
from dataclasses import dataclass
from typing import Any, Optional, TypedDict

import pytest
from pydantic import BaseModel, ConfigDict, Field

from llm_strategy.errors import InvalidValueError
from llm_strategy.messages import Message, Reply, ToolCall
from llm_strategy.reasoning.code_act.formats import format_named
from llm_strategy.reasoning.code_act.offer import Offer
from llm_strategy.reasoning.code_act.wording import Wording
from llm_strategy.schema import output_schema


@dataclass
class Settings:
    number: int = 1
    text: str = "x"


class Page(BaseModel):
    rows: list[int] = []
    note: str | None = None


class Partial(TypedDict, total=False):
    x: int


class Amount(BaseModel):
    value: float
    unit: str = "m"


class Free(BaseModel):
    model_config = ConfigDict(extra="allow")
    note: str = ""


class Other(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)
    number: int = Field(1, alias="count")


class Tree(BaseModel):
    value: dict[str, Any] | None = None
    size: int = 0


def offer_of(kind):
    return Offer((), output_schema(kind), Wording())


def finished(kind, arguments):
    return offer_of(kind).finished(json.dumps(arguments))


GARBAGE = [
    (Settings, "total garbage"),
    (Page, None),
    (Page, [1, 2]),
    (Page, {"rows": ["a", "b"]}),
    (Optional[Page], "x"),
    (Partial, "x"),
    (dict[str, Any], "garbage"),
    (dict[str, int], 3),
]


@pytest.mark.parametrize(("kind", "value"), GARBAGE)
def test_the_envelope_is_not_taken_for_the_value(kind, value):
    with pytest.raises(InvalidValueError, match="does not fit"):
        finished(kind, {"value": value})


@pytest.mark.parametrize("text", ["[1, 2]", '"sorry"', "null"])
def test_a_bare_reply_that_does_not_fit_is_no_value(text):
    assert offer_of(Page).bare(text) == ""


def test_fields_beside_one_that_is_called_value_are_the_value():
    assert finished(Amount, {"value": 3.5, "unit": "km"}) == Amount(value=3.5, unit="km")
    assert finished(Amount, {"value": {"value": 3.5, "unit": "km"}}) == Amount(value=3.5, unit="km")
    assert finished(Amount, {"value": 3.5}) == Amount(value=3.5)
    assert finished(Tree, {"value": {"size": 2}, "size": 3}) == Tree(value={"size": 2}, size=3)
    assert finished(dict[str, int], {"value": 3, "other": 4}) == {"value": 3, "other": 4}


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ({"value": {"size": 2}}, Tree(value={"size": 2})),
        ({"value": {"size": 2}, "size": 3}, Tree(value={"size": 2}, size=3)),
        ({"size": 3}, Tree(size=3)),
    ],
)
def test_the_fields_of_a_native_call_are_taken_as_they_were_asked_for(arguments, value):
    offer = offer_of(Tree)
    reply = Reply(Message("assistant", "", (ToolCall("finish", json.dumps(arguments), "a"),)))
    call = format_named("native").read(reply, offer, ()).calls[0]
    assert offer.finished(call.arguments) == value


def test_a_native_call_may_have_the_envelope_of_the_other_forms_or_be_damaged():
    offer = offer_of(Amount)
    for arguments in ('{"value": {"value": 3.5, "unit": "km"}}', '{"value": '):
        reply = Reply(Message("assistant", "", (ToolCall("finish", arguments, "a"),)))
        assert format_named("native").read(reply, offer, ()).calls[0].arguments == arguments
    assert offer.finished('{"value": {"value": 3.5, "unit": "km"}}') == Amount(value=3.5, unit="km")


def test_fields_that_the_type_does_not_have_are_no_value():
    with pytest.raises(InvalidValueError, match='no field "nubmer"; the fields are number, text'):
        finished(Settings, {"value": {"nubmer": 2}})
    with pytest.raises(InvalidValueError, match='no field "y"'):
        finished(Partial, {"y": 2})


def test_other_names_that_a_type_understands_or_keeps_are_taken():
    assert finished(Settings, {"value": {}}) == Settings()
    assert finished(Settings, {}) == Settings()
    assert finished(Settings, {"value": {"number": 2, "more": 3}}) == Settings(2)
    assert finished(Free, {"value": {"more": 3}}).more == 3
    assert finished(Other, {"value": {"number": 3}}).number == 3


def test_nothing_is_a_value_where_nothing_is_returned():
    assert finished(None, {}) is None
    with pytest.raises(InvalidValueError):
        finished(int, {})
