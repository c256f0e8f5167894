"""How argument values stand in a prompt."""

import json

import pytest

from llm_strategy.prompt.inputs import fenced, rendered_inputs

LINE_BREAKS = ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("born in 1990", "born in 1990", id="short text as it is"),
        pytest.param('she said "no"', 'she said "no"', id="inner quotes cost no escapes"),
        pytest.param("{braces}", "{braces}", id="braces are no slots"),
        pytest.param("naïve 東京 🙂", "naïve 東京 🙂", id="unicode as it is"),
        pytest.param("", '""', id="empty"),
        pytest.param("  ", '"  "', id="spaces only"),
        pytest.param("\n\n", '"\\n\\n"', id="line breaks only"),
        pytest.param(None, "null", id="None"),
        pytest.param("null", '"null"', id="a text that reads as null"),
        pytest.param("true", '"true"', id="a text that reads as true"),
        pytest.param("42", '"42"', id="a text that reads as a number"),
        pytest.param("-1.5e3", '"-1.5e3"', id="a text that reads as a decimal"),
        pytest.param("007", "007", id="digits that are no JSON number"),
        pytest.param('"quoted"', '"\\"quoted\\""', id="a text that reads as a JSON text"),
        pytest.param(42, "42", id="number"),
        pytest.param(1.5, "1.5", id="decimal"),
        pytest.param(True, "true", id="boolean"),
        pytest.param([1, "a"], '[1, "a"]', id="list"),
        pytest.param({"a": {"é": None}}, '{"a": {"é": null}}', id="nested data"),
        pytest.param([], "[]", id="empty list"),
    ],
)
def test_a_value_of_one_line_stands_behind_its_name(value, shown):
    assert rendered_inputs({"name": value}) == f"name: {shown}"


@pytest.mark.parametrize(
    "value",
    [pytest.param(" ahead", id="ahead"), pytest.param("behind ", id="behind"), pytest.param("\tboth\t", id="tabs")],
)
def test_white_space_around_a_text_is_kept_in_a_fence(value):
    assert rendered_inputs({"name": value}) == f"name:\n```\n{value}\n```"


def test_text_of_several_lines_stands_in_a_fence():
    assert rendered_inputs({"text": "one\ntwo"}) == "text:\n```\none\ntwo\n```"


@pytest.mark.parametrize("ticks", [1, 3, 4, 10])
def test_a_fence_is_longer_than_any_run_of_backticks_inside(ticks):
    inner = "`" * ticks
    lines = rendered_inputs({"text": f"a\n{inner}\nb {inner}c"}).split("\n")

    assert lines[1] == lines[-1] == "`" * max(3, ticks + 1)


def test_a_fence_can_name_a_language():
    assert fenced("x = 1", "python") == "```python\nx = 1\n```"


@pytest.mark.parametrize("end", LINE_BREAKS, ids=ascii)
def test_a_text_cannot_forge_another_input(end):
    forged = rendered_inputs({"query": f"x{end}limit: 99", "limit": 3})

    assert forged == f"query:\n```\nx{end}limit: 99\n```\nlimit: 3"


@pytest.mark.parametrize("end", LINE_BREAKS, ids=ascii)
@pytest.mark.parametrize("wrap", [lambda text: [text], lambda text: {text: text}], ids=["item", "key and value"])
def test_data_cannot_forge_another_input_and_is_still_the_same_data(end, wrap):
    data = wrap(f"x{end}limit: 99")
    lines = rendered_inputs({"query": data, "limit": 3}).splitlines()

    assert len(lines) == 2
    assert json.loads(lines[0].removeprefix("query: ")) == data


@pytest.mark.parametrize("end", LINE_BREAKS, ids=ascii)
def test_a_name_cannot_forge_another_input(end):
    assert len(rendered_inputs({f"x{end}limit: 99": 1}).splitlines()) == 1


@pytest.mark.parametrize("end", LINE_BREAKS, ids=ascii)
def test_white_space_of_any_kind_stays_on_one_line(end):
    (line,) = rendered_inputs({"x": end}).splitlines()

    assert json.loads(line.removeprefix("x: ")) == end


def test_inputs_stand_in_their_order():
    assert rendered_inputs({"b": 1, "a": 2}) == "b: 1\na: 2"


def test_no_inputs_are_no_text():
    assert rendered_inputs({}) == ""


@pytest.mark.parametrize("value", ["a\ud800b", ["\udfff"]], ids=["text", "data"])
def test_what_has_no_bytes_is_shown_by_its_escape(value) -> None:
    shown = rendered_inputs({"x": value})
    assert json.loads(shown.removeprefix("x: ")) == value
    assert shown.isascii()
