import json

import pytest

from llm_strategy.errors import UnsupportedError
from llm_strategy.models.local_schema import grammar_schema
from llm_strategy.models.local_tools import CallReader, calls_schema, chosen_tools

CALL = '{"name": "add", "arguments": {"a": 1}}'


def tool(name: str, parameters: dict | None = None) -> dict:
    return {"type": "function", "function": {"name": name, **({"parameters": parameters} if parameters else {})}}


def read(reply: str, step: int = 3) -> tuple[str, list[tuple[str, str]]]:
    reader = CallReader(("add", "mul"))
    shown = "".join(reader.feed(reply[place : place + step]) for place in range(0, len(reply), step))
    rest, calls = reader.finish()
    return shown + rest, [(call.name, call.arguments) for call in calls]


@pytest.mark.parametrize("step", [1, 3, 1000])
@pytest.mark.parametrize(
    ("reply", "text", "names"),
    [
        pytest.param("Just text.", "Just text.", [], id="text"),
        pytest.param(CALL, "", ["add"], id="bare"),
        pytest.param(f"\n {CALL} \n", "", ["add"], id="bare-in-blanks"),
        pytest.param(f"<tool_call>\n{CALL}\n</tool_call>", "", ["add"], id="tags"),
        pytest.param(f"Sure.\n<tool_call>{CALL}</tool_call>", "Sure.", ["add"], id="text-and-tags"),
        pytest.param(f"<tool_call>{CALL}", "", ["add"], id="unclosed-tag"),
        pytest.param(f"<tool_call>{CALL}</tool_call><tool_call>{CALL}</tool_call>", "", ["add", "add"], id="two"),
        pytest.param(f"```json\n{CALL}\n```", "", ["add"], id="fence"),
        pytest.param(f"[{CALL}, {CALL}]", "", ["add", "add"], id="list"),
        pytest.param('{"name": "add", "parameters": {"a": 1}}', "", ["add"], id="parameters"),
        pytest.param('{"name": "Ann", "arguments": {}}', '{"name": "Ann", "arguments": {}}', [], id="not-a-tool"),
        pytest.param('<tool_call>{"name": "sub", "arguments": {}}</tool_call>', "", ["sub"], id="unknown-in-tags"),
        pytest.param("Use a {dict} or `x`.", "Use a {dict} or `x`.", [], id="braces-in-text"),
        pytest.param("```python\nx = 1\n```", "```python\nx = 1\n```", [], id="code"),
        pytest.param("<tool_call>{broken</tool_call>", "<tool_call>{broken</tool_call>", [], id="broken"),
        pytest.param("a < b", "a < b", [], id="less-than"),
        pytest.param("ends with <tool", "ends with <tool", [], id="cut-off-mark"),
    ],
)
def test_calls_are_found_and_the_rest_is_text_at_any_chunking(reply, text, names, step) -> None:
    shown, calls = read(reply, step)
    assert shown.strip() == text
    assert [name for name, _ in calls] == names


def test_text_before_a_call_is_shown_at_once() -> None:
    reader = CallReader(("add",))
    assert reader.feed("Let me see. ") == "Let me see. "


@pytest.mark.parametrize("choice", [None, False, "auto", "none"])
def test_a_free_choice_forces_nothing(choice) -> None:
    assert chosen_tools(choice, [tool("add")]) == ()


@pytest.mark.parametrize("choice", [True, "any", "required"])
def test_a_required_choice_forces_one_of_all(choice) -> None:
    assert len(chosen_tools(choice, [tool("add"), tool("mul")])) == 2


@pytest.mark.parametrize("choice", ["mul", {"type": "function", "function": {"name": "mul"}}], ids=["name", "object"])
def test_a_named_choice_forces_that_tool(choice) -> None:
    assert chosen_tools(choice, [tool("add"), tool("mul")]) == (tool("mul"),)


def test_a_choice_of_no_tool_on_offer_is_an_error() -> None:
    with pytest.raises(UnsupportedError, match=r"tool_choice is 'sub', and the tools are \['add'\]"):
        chosen_tools("sub", [tool("add")])


def test_references_inside_parameters_survive_the_move_into_one_schema() -> None:
    parameters = {
        "type": "object",
        "properties": {"to": {"$ref": "#/$defs/City"}},
        "$defs": {"City": {"enum": ["Oslo"]}},
    }
    answer = {"type": "object", "properties": {"x": {"$ref": "#/$defs/City"}}, "$defs": {"City": {"enum": ["Rome"]}}}
    shown = json.dumps(grammar_schema(calls_schema([tool("go", parameters), tool("stay")], answer)))
    assert "Oslo" in shown
    assert "Rome" in shown
