"""Wrappings around the value."""

from typing import Any

import pytest
from pydantic import BaseModel

from llm_strategy.errors import InvalidValueError
from llm_strategy.parsing import ReplyReader


class Point(BaseModel):
    x: int
    y: int


class Options(BaseModel):
    depth: int = 1
    label: str = ""


INNER = '{"x": 1, "y": 2}'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(INNER, id="none"),
        pytest.param(f'{{"value_of": {INNER}}}', id="the-one-asked-for"),
        pytest.param(f'{{"Value-Of": {INNER}, "why": "so"}}', id="the-one-asked-for-misspelt"),
        pytest.param(f'{{"Point": {INNER}}}', id="name-of-the-type"),
        pytest.param(f'{{"json": {{"result": {INNER}}}}}', id="two-layers"),
        pytest.param(f'{{"reasoning": "it is so", "answer": {INNER}}}', id="beside-reasoning"),
        pytest.param(f'{{"name": "point", "arguments": {INNER}}}', id="tool-call"),
        pytest.param('{"name": "point", "arguments": "{\\"x\\": 1, \\"y\\": 2}"}', id="tool-call-with-text"),
        pytest.param('"{\\"x\\": 1, \\"y\\": 2}"', id="encoded-twice"),
        pytest.param('{\\"x\\": 1, \\"y\\": 2}', id="escaped"),
        pytest.param('{"type": "object", "properties": {"x": 1, "y": 2}}', id="schema"),
        pytest.param(f"[{INNER}]", id="list-of-one"),
    ],
)
def test_the_value_is_taken_out_of_its_wrapping(text: str) -> None:
    assert ReplyReader[Point].of(Point, key="value_of").read(text).value == Point(x=1, y=2)


def test_a_value_that_looks_like_a_wrapping_is_left_as_it_is() -> None:
    reader: ReplyReader[dict[str, Any]] = ReplyReader.of(dict[str, Any])
    assert reader.read('{"result": {"x": 1}}').value == {"result": {"x": 1}}
    assert reader.read('{"a": 1, "b": 2,}').value == {"a": 1, "b": 2}


def test_an_object_of_optional_fields_does_not_pass_for_its_wrapping() -> None:
    reader: ReplyReader[Options] = ReplyReader.of(Options)
    assert reader.read('{"Options": {"depth": 3}}').value == Options(depth=3)
    assert reader.read("{}").value == Options()
    assert reader.read("```\n{'depth': 2}\n```").value == Options(depth=2)


def test_the_problem_named_is_that_of_the_value_inside() -> None:
    with pytest.raises(InvalidValueError, match=r"`y`: this field is missing") as caught:
        ReplyReader.of(Point).read('{"Point": {"x": 1}}')
    assert caught.value.problems == ("`y`: this field is missing. Add it",)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "[not json"}',
        '{"name": "x", "other": 1, "third": 2}',
        '{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7}',
    ],
)
def test_what_is_no_wrapping_is_a_misfit(text: str) -> None:
    with pytest.raises(InvalidValueError):
        ReplyReader.of(Point).read(text)
