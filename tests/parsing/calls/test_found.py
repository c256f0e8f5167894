"""Calls of tools in the text of a reply, as models of many makers write them."""

import gzip
import json
import os
from pathlib import Path

import pytest

from llm_strategy.messages import ToolCall
from llm_strategy.parsing.calls import FoundCalls, calls_in

TOOLS = {"get_weather": ("city", "unit"), "add": ("a", "b"), "now": ()}
BAR, LOW = "\uff5c", "\u2581"
CASSETTES = (
    Path(os.environ.get("LLM_STRATEGY_SHARED", Path(__file__).parents[4] / "shared")) / "corpora/llm_cassettes.jsonl.gz"
)


def found(text):
    """Return the calls as names with their arguments, and the text that is left."""
    read = calls_in(text, TOOLS)
    return [(call.name, json.loads(call.arguments)) for call in read.calls], read.text


ADD = [("add", {"a": 1})]


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>',
        '<tool_call>{"name": "add", "arguments": {"a": 1}}',
        '<tool_call>{"name": "add", "arguments": "{\\"a\\": 1}"}</tool_call>',
        '<tool_call>{"name": "add", "arguments": {a: 1,}}</tool_call>',
        '<tool_call>```json\n{"name": "add", "arguments": {"a": 1}}\n```</tool_call>',
        "<tool_call>\n<function=add>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>",
        "<tool_call>add\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n</tool_call>",
        '<tool_call>add\n{"a": 1}\n</tool_call>',
        '<function=add>{"a": 1}</function>',
        '<function_calls>\n<invoke name="add">\n<parameter name="a">1</parameter>\n</invoke>\n</function_calls>',
        '[TOOL_CALLS] [{"name": "add", "arguments": {"a": 1}}]',
        '[TOOL_CALLS]add[ARGS]{"a": 1}',
        '[TOOL_CALLS]add{"a": 1}',
        '<|python_tag|>{"name": "add", "parameters": {"a": 1}}<|eom_id|>',
        "<|python_tag|>add(a=1)",
        '<|tool_call|>[{"name": "add", "arguments": {"a": 1}}]',
        'functions.add({"a": 1})',
        'functions.add:0<|tool_call_argument_begin|>{"a": 1}<|tool_call_end|>',
        '<|channel|>commentary to=functions.add <|constrain|>json<|message|>{"a": 1}',
        (
            f"<{BAR}tool{LOW}calls{LOW}begin{BAR}><{BAR}tool{LOW}call{LOW}begin{BAR}>function<{BAR}tool{LOW}sep{BAR}>add\n"
            f'```json\n{{"a": 1}}\n```<{BAR}tool{LOW}call{LOW}end{BAR}><{BAR}tool{LOW}calls{LOW}end{BAR}>'
        ),
        '```json\n{"name": "add", "arguments": {"a": 1}}\n```',
        '```tool_call\n{"name": "add", "arguments": {"a": 1}}\n```',
        "```tool_code\nprint(default_api.add(a=1))\n```",
        '{"name": "add", "arguments": {"a": 1}}',
        '{"name": "functions.add", "parameters": {"a": 1}}',
        '{"thought": "simple", "tool": "add", "args": {"a": 1}}',
        '{"action": "add", "action_input": {"a": 1}}',
        '{"type": "function", "function": {"name": "add", "arguments": "{\\"a\\": 1}"}}',
        '{"tool_calls": [{"id": "1", "type": "function", "function": {"name": "add", "arguments": "{\\"a\\": 1}"}}]}',
        '{"function_call": {"name": "add", "arguments": {"a": 1}}}',
        '[{"name": "add", "arguments": {"a": 1}}]',
        "add(a=1)",
        "add(1)",
        "await add(1)",
        'add({"a": 1})',
        "[add(a=1)]",
        '<think>{"name": "now", "arguments": {}}</think>{"name": "add", "arguments": {"a": 1}}',
    ],
)
def test_a_call_is_read_in_every_form_and_nothing_is_left(text):
    assert found(text) == (ADD, "")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('Let me add.\n<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>\nWait.', "Let me add.\n\nWait."),
        ('Sure:\n```json\n{"name": "add", "arguments": {"a": 1}}\n```', "Sure:"),
        ('I call: {"tool": "add", "args": {"a": 1}}', "I call:"),
        ("I add.\nadd(a=1)", "I add."),
        ('<think>Hm.</think>I add. <function=add>{"a": 1}</function>', "I add."),
    ],
)
def test_what_is_said_besides_is_left(text, left):
    assert found(text) == (ADD, left)


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>\n<tool_call>{"name": "now"}</tool_call>',
        '<tool_call>{"name": "add", "arguments": {"a": 1}}\n{"name": "now", "arguments": {}}</tool_call>',
        '[TOOL_CALLS][{"name": "add", "arguments": {"a": 1}}, {"name": "now", "arguments": {}}]',
        '<function=add>{"a": 1}</function><function=now></function>',
        '{"name": "add", "parameters": {"a": 1}}; {"name": "now", "parameters": {}}',
        '```json\n{"name": "add", "arguments": {"a": 1}}\n{"name": "now", "arguments": {}}\n```',
        '```json\n{"name": "add", "arguments": {"a": 1}}\n```\nand\n```json\n{"name": "now", "arguments": null}\n```',
        "[add(a=1), now()]",
        "add(1)\nnow()",
    ],
)
def test_several_calls_keep_their_order(text):
    assert found(text)[0] == [*ADD, ("now", {})]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        '{"name": "Ada", "arguments": {}}',
        '{"name": "add"}',
        '{"name": "add", "arguments": [1, 2]}',
        '{"name": "add", "arguments": {"a": 1}, "result": 3}',
        '{"answer": {"name": "add", "arguments": {"a": 1}}}',
        '[{"name": "add", "arguments": {}}, {"name": "Ada"}]',
        '{"tools": [{"name": "add", "parameters": {"type": "object"}}]}',
        "Use add(a=1, b=2) to add numbers.",
        "add(a=x)",
        "add(1, 2, 3)",
        "add(1, a=2)",
        "add({1, 2})",
        "print(1)",
        "add(1); x",
        '{"function": {"function": {"function": {"function": {"function": {"name": "add", "arguments": {}}}}}}}',
        '{"name": "add", "arguments": "one and two"}',
        "add(**values)",
        "x = add(a=1)",
        "subtract(a=1)",
        "add(a=1",
        "```python\nx = add(a=1)\nprint(x)\n```",
        "```sql\nadd(a=1)\n```",
        "I called functions.add before, and functions.other({}) as well.",
        "<tool_call>no idea</tool_call>",
        "<tool_call>",
        "The mark <tool_call> begins a call.",
        '<think>{"name": "add", "arguments": {"a": 1}}</think>It is 3.',
        '<think>{"name": "add", "arguments": {"a": 1}}',
        '[1, 2]\n{"a": [add]}',
    ],
)
def test_an_answer_is_no_call_and_stays_as_it_is(text):
    assert calls_in(text, TOOLS) == FoundCalls((), text)


def test_a_call_between_marks_is_meant_whatever_it_names():
    read = calls_in('<tool_call>{"name": "launch", "arguments": {}}</tool_call>', TOOLS)
    assert read.calls == (ToolCall("launch", "{}"),)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('<tool_call>{"name": "add", "arguments": {"a": 1, "b": "unfin', '{"a": 1, "b": "unfin'),
        ('<function=add>{"a": "unfin', '{"a": "unfin'),
        ('<tool_call>{"name": "add", "arg', ""),
        ('<tool_call>{"name": "add", "arguments": "{\\"a\\": }"}</tool_call>', '{"a": }'),
    ],
)
def test_arguments_that_break_off_are_not_mended(text, arguments):
    assert calls_in(text, TOOLS).calls == (ToolCall("add", arguments),)


def test_only_missing_brackets_are_mended():
    assert found('<tool_call>{"name": "add", "arguments": {"a": 1}')[0] == ADD


def test_a_drafted_call_without_names_of_parameters_is_none():
    assert calls_in("add(1)", ["add"]).calls == ()
    assert calls_in("add(a=1)", ["add"]).calls == (ToolCall("add", '{"a": 1}'),)


def test_texts_in_tags_are_numbers_only_where_they_look_so():
    text = '<function=add><parameter=a>007x</parameter><parameter=b>[1, "x"]</parameter></function>'
    assert found(text)[0] == [("add", {"a": "007x", "b": [1, "x"]})]


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>" * 50_000,
        '<tool_call>{"name": "add", "arguments": ' + '{"a":' * 100_000,
        "[" * 200_000 + "add",
        '{"name": "add", "arguments": {' * 20_000,
        "add(" * 20_000,
        "add(" + "-" * 19_000 + "1)",
        "add(" + "(" * 60 + "1" + ")" * 60 + ")",
        "```\nadd\n" * 30_000,
        "<function=add><parameter=a>" * 20_000,
        "<tool_call>add<arg_key>" * 20_000,
        "functions.add " * 50_000,
        "[TOOL_CALLS]add[ARGS]" * 20_000,
        " add [" * 100_000,
        "<think>" * 50_000 + "add",
        "add('" + "\\d" * 5_000 + "')",
    ],
)
def test_texts_that_are_built_to_be_slow_come_to_an_end(text):
    read = calls_in(text, TOOLS)  # a quadratic scan of them takes minutes
    assert read.calls or read.text == text


def test_a_text_longer_than_any_reply_is_not_looked_at():
    text = "x" * 16_000_001
    assert calls_in(text, TOOLS) == FoundCalls((), text)


@pytest.mark.skipif(not CASSETTES.exists(), reason="the corpora are not here")
def test_recorded_replies_to_requests_with_tools_hold_no_calls_in_their_text():
    looked = 0
    with gzip.open(CASSETTES, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            offered = [tool for tool in row["tools"] or () if tool["name"]]
            names = {tool["name"]: tuple((tool["schema"] or {}).get("properties", ())) for tool in offered}
            if row.get("reply") and names:
                looked += 1
                assert calls_in(row["reply"], names) == FoundCalls((), row["reply"])
    assert looked > 300


@pytest.mark.skipif(not CASSETTES.exists(), reason="the corpora are not here")
@pytest.mark.parametrize(
    "form",
    [
        lambda name, arguments: f'<tool_call>\n{{"name": {json.dumps(name)}, "arguments": {arguments}}}\n</tool_call>',
        lambda name, arguments: f'```json\n{{"name": {json.dumps(name)}, "arguments": {arguments}}}\n```',
        lambda name, arguments: f'{{"name": {json.dumps(name)}, "parameters": {arguments}}}',
        lambda name, arguments: f"<function={name}>{arguments}</function>",
        lambda name, arguments: f"Now.\n[TOOL_CALLS]{name}[ARGS]{arguments}",
    ],
)
def test_recorded_calls_are_read_back_from_text(form):
    looked = 0
    with gzip.open(CASSETTES, "rt") as lines:
        for line in lines:
            for call in json.loads(line)["tool_calls"] or ():
                arguments = json.loads(call["arguments"]) if call["arguments_valid_json"] else None
                if not isinstance(arguments, dict) or not call["name"].replace("_", "a").isalnum():
                    continue
                looked += 1
                (read,) = calls_in(form(call["name"], call["arguments"]), [call["name"]]).calls
                assert (read.name, json.loads(read.arguments)) == (call["name"], arguments)
    assert looked > 500
