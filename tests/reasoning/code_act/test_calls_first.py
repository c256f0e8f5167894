"""Several calls in a reply: what stands behind them is neither their result nor a value that rests on it."""

import json

import pytest

from llm_strategy.messages import Message, Reply, ToolCall
from llm_strategy.reasoning.code_act.formats import format_named
from llm_strategy.reasoning.code_act.offer import Offer
from llm_strategy.reasoning.code_act.wording import Wording
from llm_strategy.schema import output_schema
from llm_strategy.testing import ScriptedModel
from llm_strategy.tools import tool

WORDS = Wording()


def read(form, text, called=(), tools=(), kind=float):
    offer = Offer(tuple(tools), output_schema(kind), WORDS)
    return format_named(form).read(Reply(Message("assistant", text, called)), offer, ())


def made(action):
    return [(call.name, json.loads(call.arguments)) for call in action.calls]


EARLY = {
    "json": '{"tool": "price", "arguments": {"article": "tea"}}\n{"tool": "finish", "arguments": {"value": 9}}',
    "text": "Action: price(article='tea')\nFinal Answer: 9",
    "native": '<tool_call>{"name": "price", "arguments": {"article": "tea"}}</tool_call>\n'
    '<tool_call>{"name": "finish", "arguments": {"return_value": 9}}</tool_call>',
}
FINISH = {
    "json": '{"finish": 2.5}',
    "text": "Final Answer: 2.5",
    "native": '<tool_call>{"name": "finish", "arguments": {"return_value": 2.5}}</tool_call>',
}


@pytest.mark.parametrize("form", EARLY)
def test_a_value_behind_a_call_is_not_believed_before_its_result_was_seen(form, acting, said):
    model = ScriptedModel([EARLY[form], FINISH[form]])
    assert acting(action_format=form)(model, "?") == 2.5
    shown = said(model)[-1][1]
    assert WORDS.early in shown
    assert "Observation:\n2.5\n" in f"{shown}\n"


def test_a_written_call_of_finish_behind_an_action_is_not_believed_either(shop):
    action = read("text", "Action: articles()\nAction: finish(value=3)\nAction: articles()", tools=shop[0])
    assert (made(action), action.note) == ([("articles", {})], WORDS.early)


def test_calls_of_the_interface_that_are_not_made_do_not_stay_in_the_conversation():
    called = (ToolCall("price", "{}", "a"), ToolCall("finish", '{"return_value": 9}', "b"))
    action = read("native", "", called)
    assert [call.id for call in action.turn.tool_calls] == ["a"]
    assert [call.id for call in action.calls] == ["a"]


LOOK = '<tool_call>{"name": "look", "arguments": {}}</tool_call>'


@pytest.mark.parametrize(
    "behind", ["Observation: 3", "<tool_response>\n3\n</tool_response>", "User: 3", "Tool result: 3"]
)
def test_what_is_made_up_behind_a_call_in_the_text_of_a_native_reply_is_not_read(behind):
    delete = LOOK.replace("look", "delete")
    action = read("native", f"Result: I look.\n{LOOK}\n{behind}\n{delete}")
    assert made(action) == [("look", {})]
    assert action.note == WORDS.invented
    assert "3" not in action.turn.content


def test_what_is_made_up_beside_calls_of_the_interface_is_not_kept():
    action = read("native", "I look.\nObservation: it costs 3", (ToolCall("look", "{}", "a"),))
    assert (action.turn.content, action.note) == ("I look.", WORDS.invented)


@pytest.mark.parametrize("form", ["json", "text"])
def test_turns_of_others_that_are_made_up_are_not_read(form):
    call = {"json": '{"tool": "look", "arguments": {}}', "text": "Action: look()"}[form]
    action = read(form, f"{call}\n<tool_response>3</tool_response>\n{call.replace('look', 'delete')}")
    assert (made(action), action.turn.content, action.note) == ([("look", {})], call, WORDS.invented)


@tool
def write(text: str) -> None:
    """Write."""


@pytest.mark.parametrize("line", ["Result: 5", "Observation: 5", "Action: look()", "Final Answer: 5"])
def test_lines_in_an_argument_are_no_observation_and_no_action(line):
    action = read("text", f"Action: write(text='''a\n{line}\nb''')\nObservation: done", tools=[write])
    assert made(action) == [("write", {"text": f"a\n{line}\nb"})]
    assert action.note == WORDS.invented
    assert action.turn.content.endswith("b''')")


def test_an_input_ends_where_the_next_action_or_an_observation_begins():
    one = "Action: write\nAction Input: tea"
    assert made(read("text", f"{one}\nAction: look()", tools=[write])) == [("write", {"text": "tea"}), ("look", {})]
    assert made(read("text", f"{one}\nObservation: 3\nAction: look()", tools=[write])) == [("write", {"text": "tea"})]
    early = read("text", f"{one}\nFinal Answer: 3", tools=[write])
    assert (made(early), early.note) == ([("write", {"text": "tea"})], WORDS.early)


def test_no_more_calls_are_read_than_anybody_means():
    assert len(read("text", "Action: look()\n" * 60).calls) == 50


def test_a_block_that_breaks_off_is_told():
    action = read("code", "```python\nprint(1)\n```\n```python\nprint((")
    assert (action.code, action.note) == ("print(1)", WORDS.unclosed)
