"""Replies in pieces: taken apart and put together, with all that they call."""

import pytest

from llm_strategy.flow.pieces import PiecesSoFar, parts_of, pieces_of
from llm_strategy.messages import Chunk, Message, Reply, ToolCall, Usage

CALLS = (ToolCall("add", '{"a": 12345, "b": 67890}', "id-1"), ToolCall("now", "", "id-2"))


def together(pieces):
    so_far = PiecesSoFar()
    for piece in pieces:
        so_far.add(piece)
    return so_far.reply()


@pytest.mark.parametrize("content", ["", "A text that is longer than a piece."])
@pytest.mark.parametrize("calls", [(), CALLS, CALLS[:1]])
@pytest.mark.parametrize("apart", [parts_of, pieces_of])
def test_what_is_taken_apart_comes_together_again(apart, content, calls):
    reply = Reply(Message("assistant", content, calls), "stop", None, Usage(3, 4), "m")
    assert together(apart(reply)) == reply


def test_calls_that_come_interleaved_are_kept_apart():
    pieces = [
        Chunk("Look."),
        Chunk('{"a"', tool="add", call=1, call_id="id-1"),
        Chunk("{", tool="now", call=2, call_id="id-2"),
        Chunk(": 1}", call=1),
        Chunk("}", call=2),
        Chunk(" Done."),
        Chunk(finish_reason="tool_calls", refusal="No", cached=True),
    ]
    reply = together(pieces)
    assert reply.message == Message(
        "assistant", "Look. Done.", (ToolCall("add", '{"a": 1}', "id-1"), ToolCall("now", "{}", "id-2"))
    )
    assert (reply.finish_reason, reply.refusal, reply.cached) == ("tool_calls", "No", True)


def test_pieces_that_name_tools_and_number_nothing_belong_to_the_last_call():
    reply = together([Chunk('{"a"', tool="add"), Chunk(": 1}"), Chunk("", tool="now"), Chunk("{}")])
    assert reply.message.tool_calls == (ToolCall("add", '{"a": 1}'), ToolCall("now", "{}"))


def test_a_name_that_comes_late_is_taken():
    reply = together([Chunk("{", call=1), Chunk("}", tool="now", call=1, call_id="id-1")])
    assert reply.message.tool_calls == (ToolCall("now", "{}", "id-1"),)
