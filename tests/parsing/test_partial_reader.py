"""Replies that are read while they come."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from llm_strategy.errors import OversizedReplyError
from llm_strategy.parsing.items import ItemScanner
from llm_strategy.parsing.partial_reader import PartialReader
from llm_strategy.parsing.scan import strip_thinking
from llm_strategy.schema import output_schema
from llm_strategy.schema.fenced import PythonCode
from llm_strategy.schema.partial import MISSING, growth


class Address(BaseModel):
    street: str
    city: str


class Person(BaseModel):
    name: str
    tags: list[str]
    address: Address


class People(BaseModel):
    people: list[Person]


def shown(kind: Any, text: str, size: int = 1):
    reader = PartialReader(output_schema(kind), attempt=3)
    values = (reader.feed(text[at : at + size]) for at in range(0, len(text), size))
    return [value for value in values if value is not MISSING]


ADA = {"name": "Ada", "tags": ["a", "b"], "address": {"street": "Main", "city": "Berlin"}}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ADA),
        f"```json\n{json.dumps(ADA, indent=2)}\n```",
        f" \n{json.dumps(ADA)}",
        f"<think>A {{draft}}: [1] > 2</think>\n{json.dumps(ADA)}",
        f"Here it is:\n\n{json.dumps(ADA)}",
        repr(ADA),
        json.dumps({"person": ADA}),
        json.dumps(ADA).replace('"name"', "name"),
    ],
)
def test_a_value_grows_however_it_is_written(text):
    values = shown(Person, text)

    assert values[-1].name == "Ada"
    assert values[-1].address.street == "Main"
    assert values[-1].address.city in {"Berlin", "Berli"}
    assert growth(values[-1]).attempt == 3
    lengths = [len(str(value)) for value in values]
    assert lengths[0] < lengths[len(lengths) // 2] < lengths[-1]


def test_what_is_no_value_shows_nothing():
    assert shown(Person, "I cannot do that.") == []
    assert shown(Person, "<think>Let me see [1, 2] {") == []
    assert shown(Person, "[1, 2, 3") == []
    assert shown(int, "The answer is 42") == []
    assert shown(list[int], "[" * 300) in ([], [[]])


def test_a_draft_in_an_unclosed_thinking_block_shows_nothing():
    assert shown(Person, f"<think>{json.dumps(ADA)}") == []


def test_text_grows_bare_in_its_envelope_and_in_a_fence():
    assert shown(str, "Hello there")[-1] == "Hello there"
    assert shown(str, '{"return_value": "Hello the')[-1] == "Hello the"
    assert shown(PythonCode, "```python\nx = 1\ny = 2\n")[-1] == "x = 1\ny = 2"


def test_code_in_json_that_holds_json_grows():
    assert shown(dict[str, str], '{"return_value": {"a": "{\\"return_value\\": 1')[-1] == {"a": '{"return_value": 1'}


def test_a_reply_beyond_all_limits_is_given_up(monkeypatch):
    monkeypatch.setattr("llm_strategy.parsing.partial_reader.MAX_CHARACTERS", 10)

    with pytest.raises(OversizedReplyError, match="longer than 10 characters"):
        shown(str, "a" * 11)


@pytest.mark.parametrize("odd", [False, True], ids=["plain", "mended"])
def test_the_work_grows_with_the_reply_and_not_with_its_square(odd):
    text = json.dumps({"people": [ADA] * 800})
    text = text.replace('"name"', "name") if odd else text

    values = shown(People, text, 4)

    assert sum(len(value.people or ()) for value in values) <= 64 * len(text)


def test_equal_text_that_comes_again_is_not_shown_again():
    reader = PartialReader(output_schema(str))

    assert reader.feed("a") == "a"
    assert reader.feed("") is MISSING
    assert reader.text == "a"


@pytest.mark.parametrize(
    "text", ["<think>" + "> [" * 20_000, "<x" + "> [1]" * 20_000, "[1] " * 20_000, "<b> " * 20_000]
)
def test_replies_that_never_begin_are_not_looked_at_again_and_again(text, monkeypatch):
    looked = []

    def counted(body):
        looked.append(len(body))
        return strip_thinking(body)

    monkeypatch.setattr("llm_strategy.parsing.partial_reader.strip_thinking", counted)
    monkeypatch.setattr("llm_strategy.parsing.items.strip_thinking", counted)
    reader, scanner = PartialReader(output_schema(list[str])), ItemScanner("return_value")
    for at in range(0, len(text), 7):
        reader.feed(text[at : at + 7])
        scanner.feed(text[at : at + 7])

    assert sum(looked) <= 40 * len(text)


def test_what_comes_in_one_piece_is_shown_at_once():
    assert shown(list[int], '{"return_value": [2, 3, 5', 100) == [[2, 3]]
    assert shown(list[int], "{'return_value': [2, 3, 5", 100) == [[2, 3]]


def test_lone_surrogates_and_nul_are_text_while_a_value_grows():
    reader = PartialReader(output_schema(dict[str, str | int]))
    values = [reader.feed(piece) for piece in ("{'name': 'a\0", "\ud800b", "', 'age': 3,}")]

    assert values[0] == {"name": "a\0"}
