"""Completions as they come: each part may be missing, null, or of another type."""

import json

import pytest

from llm_strategy.chat.completions import UnreadableError, chunks_from_wire, json_from_wire, reply_from_wire
from llm_strategy.messages import Message, Reply, ToolCall, Usage


def reply_to(message, **choice):
    return reply_from_wire({"choices": [{"message": message, **choice}]})


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"content": None, "tool_calls": None, "refusal": None},
        {"content": 7, "tool_calls": "x", "refusal": []},
        {"content": [7, {"type": "image"}], "tool_calls": [7, {"function": None}, {}]},
    ],
)
def test_parts_of_another_type_are_left_out(message):
    reply = reply_to(message, finish_reason=7)

    assert reply == Reply(Message.assistant(""))


def test_blocks_are_text_and_refusals():
    blocks = [{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "No."}, {"type": "text", "text": "b"}]
    reply = reply_to({"content": blocks})

    assert (reply.message.content, reply.refusal) == ("ab", "No.")


@pytest.mark.parametrize(
    ("arguments", "text"), [('{"a": 1}', '{"a": 1}'), ({"a": 1}, '{"a": 1}'), (None, ""), ([1], "[1]")]
)
def test_arguments_are_text_even_where_a_server_sends_objects(arguments, text):
    call = {"id": None, "function": {"name": "f", "arguments": arguments}}

    assert reply_to({"tool_calls": [call]}).message.tool_calls == (ToolCall("f", text, ""),)


@pytest.mark.parametrize("count", [-1, True, "7", None, 1.5, 10**30])
def test_a_count_that_is_none_counts_nothing(count):
    body = {"choices": [{"message": {}}], "usage": {"prompt_tokens": count, "completion_tokens": 3}}

    assert reply_from_wire(body).usage == Usage(0, 3)


@pytest.mark.parametrize("body", [{}, {"choices": 7}, {"choices": [7]}, {"choices": [{"delta": 7}]}])
def test_an_event_that_says_nothing_is_an_empty_piece(body):
    assert chunks_from_wire(body) == ()


@pytest.mark.parametrize("data", [b"7", b"null", b'"x"', b"\xff", b"{", b"[" * 100_000])
def test_what_is_no_object_is_unreadable(data):
    with pytest.raises(UnreadableError) as caught:
        json_from_wire(data)
    assert len(caught.value.text) <= 4000


def test_numbers_with_millions_of_digits_are_unreadable():
    with pytest.raises(UnreadableError):
        json_from_wire(b'{"created": ' + b"9" * 1_000_000 + rb', "x": "\u0000"}')


def test_a_lone_surrogate_is_read():
    assert json_from_wire(json.dumps({"a": "\ud83d"})) == {"a": "\ud83d"}
