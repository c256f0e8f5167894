"""Turns of models that were offered tools."""

import pytest
from langchain_core.messages import AIMessage

from llm_strategy.chat import read_turn, resolve
from llm_strategy.errors import EmptyReplyError, RefusedError, TruncatedError
from llm_strategy.flow import ChatRequest, OutputFormat, ToolSpec, run
from llm_strategy.messages import Message, Reply, ToolCall
from llm_strategy.testing import SchemaModel, ScriptedModel

ADD = ToolSpec("add", "The sum.", {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})
NOW = ToolSpec("now", "The time.")


def replied(content="", *calls, **ended):
    return Reply(Message("assistant", content, calls), **{"finish_reason": "stop", **ended})


def test_calls_of_the_channel_come_before_what_looks_like_calls_in_the_text():
    turn = read_turn(replied('{"name": "now", "arguments": {}}', ToolCall("add", '{"a": 1}', "id-1")), (ADD, NOW))
    assert turn.calls == (ToolCall("add", '{"a": 1}', "id-1"),)
    assert turn.text == '{"name": "now", "arguments": {}}'


def test_a_reply_without_calls_is_text():
    turn = read_turn(replied("It is 3."), (ADD,))
    assert (turn.calls, turn.text, turn.message) == ((), "It is 3.", Message.assistant("It is 3."))


def test_made_up_ids_are_the_same_in_every_run_and_differ_within_a_conversation():
    reply = replied("", ToolCall("now", ""), ToolCall("now", ""))
    first = read_turn(reply, (NOW,))
    assert read_turn(reply, (NOW,)) == first
    second = read_turn(reply, (NOW,), (first.message,))
    ids = [call.id for turn in (first, second) for call in turn.calls]
    assert len(set(ids)) == 4
    assert all(len(one) == 9 and one.isalnum() for one in ids)


def test_an_id_that_was_made_up_already_is_not_made_up_again():
    reply = replied("", ToolCall("now", ""))
    own = read_turn(reply, (NOW,)).calls[0].id
    turn = read_turn(replied("", ToolCall("now", "", own), ToolCall("now", "", own)), (NOW,))
    assert turn.calls[0].id == own
    assert turn.calls[1].id != own


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ("", "{}"),
        ("null", "{}"),
        ("{'a': 1,}", '{"a": 1}'),
        ("[1]", '{"unreadable": "[1]"}'),
        ('{"a": "x', '{"unreadable": "{\\"a\\": \\"x"}'),
        ("[" * 100_000, None),
    ],
)
def test_damaged_arguments_are_kept_and_sent_back_as_an_object(arguments, sent):
    turn = read_turn(replied("", ToolCall("add", arguments, "id-1")), (ADD,))
    assert turn.calls[0].arguments == arguments
    if sent is None:
        assert len(turn.message.tool_calls[0].arguments) < 5_000
    else:
        assert turn.message.tool_calls[0].arguments == sent


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (replied(), EmptyReplyError),
        (replied("", refusal="No."), RefusedError),
        (replied("", ToolCall("add", '{"a'), finish_reason="length"), TruncatedError),
    ],
)
def test_a_reply_that_ended_badly_is_an_error(reply, error):
    with pytest.raises(error):
        read_turn(reply, (ADD,))


# Test doubles


def asking(model, **form):
    def flow():
        return (yield ChatRequest(resolve(model), (Message.user("Go."),), OutputFormat(**form)))

    return run(flow())


def test_a_scripted_model_calls_tools_and_keeps_what_it_was_offered():
    model = ScriptedModel([Message("assistant", "Look.", (ToolCall("add", '{"a": 1}', "id-1"),))])
    reply = asking(model, tools=(ADD,), must_call=True)
    assert reply.message == Message("assistant", "Look.", (ToolCall("add", '{"a": 1}', "id-1"),))
    assert reply.finish_reason == "tool_calls"
    assert model.arguments[0]["tool_choice"] == "required"
    assert model.arguments[0]["tools"][0]["function"]["name"] == "add"


def test_a_scripted_model_says_a_turn_or_a_message_of_langchain_as_well():
    model = ScriptedModel([Message.assistant("Hi."), AIMessage("Ho.")])
    assert [asking(model).message.content for _ in range(2)] == ["Hi.", "Ho."]


def test_a_model_of_values_calls_the_last_tool_where_one_must_be_called():
    (call,) = asking(SchemaModel(), tools=(NOW, ADD), must_call=True).message.tool_calls
    assert (call.name, call.arguments) == ("add", '{"a": 1}')
    assert asking(SchemaModel(), tools=(ADD,)).message.content == "```\ntext\n```"
