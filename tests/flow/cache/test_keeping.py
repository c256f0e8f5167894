"""Which replies are kept, and how they are given again."""

import pytest

from llm_strategy.flow.cache.keeping import SoFar, again, is_kept, pieces_of
from llm_strategy.messages import Chunk, Message, Reply, ToolCall, Usage


def said(text="Paris", reason="stop", **fields):
    return Reply(Message.assistant(text), reason, **fields)


@pytest.mark.parametrize("reason", ["stop", "STOP", "end_turn", "tool_calls", "completed", None, ""])
def test_whole_replies_are_kept(reason):
    assert is_kept(said(reason=reason))


@pytest.mark.parametrize(
    "reply",
    [
        said(reason="length"),
        said(reason="max_tokens"),
        said(reason="content_filter"),
        said(reason="a reason that nobody knows"),
        said(text=""),
        said(text=" \n"),
        said(refusal="I can't."),
        said(cached=True),
    ],
    ids=["length", "max_tokens", "filtered", "unknown", "empty", "blank", "refused", "of another cache"],
)
def test_what_another_time_may_be_better_is_not_kept(reply):
    assert not is_kept(reply)


def test_a_call_of_a_tool_is_something_that_was_said():
    assert is_kept(Reply(Message("assistant", "", (ToolCall("f", "{}"),)), "tool_calls"))


def test_a_known_reply_is_marked_and_costs_nothing():
    assert again(said(usage=Usage(10, 2))) == said(cached=True)


def test_a_known_reply_is_streamed_in_pieces_that_cost_nothing():
    text = "The capital of France is Paris."
    pieces = list(pieces_of(said(text, usage=Usage(10, 2), model="m")))
    assert "".join(piece.text for piece in pieces) == text
    assert len(pieces) == 3
    assert all(piece.cached and piece.usage is None and piece.model == "m" for piece in pieces)
    assert pieces[-1].finish_reason == "stop"


def test_the_arguments_of_a_tool_are_what_is_streamed():
    reply = Reply(Message("assistant", "", (ToolCall("f", '{"a": 1}'),)), "tool_calls")
    assert next(pieces_of(reply)).text == '{"a": 1}'


def test_the_pieces_of_a_reply_make_the_whole():
    so_far = SoFar()
    pieces = (
        Chunk("Pa", model="m"),
        Chunk("ris"),
        Chunk(finish_reason="stop"),
        Chunk(usage=Usage(3, 1)),
        Chunk(refusal="no"),
    )
    for piece in pieces:
        so_far.add(piece)
    assert so_far.reply() == said(usage=Usage(3, 1), model="m", refusal="no")


def test_a_streamed_reply_whose_end_nobody_told_is_none():
    so_far = SoFar()
    so_far.add(Chunk("Par"))
    assert so_far.reply() is None
