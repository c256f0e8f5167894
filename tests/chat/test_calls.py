"""Calls of tools in streams, as different servers tell them apart."""

import pytest
from langchain_core.messages import AIMessageChunk

from llm_strategy.chat.calls import CallsSoFar
from llm_strategy.chat.completions import chunks_from_wire
from llm_strategy.chat.transcript import chunks_of


@pytest.mark.parametrize(
    ("pieces", "begun"),
    [
        ([(0, "a", "f"), (0, "", ""), (0, "", "")], ["f", "", ""]),
        ([(0, "a", "f"), (0, "a", "f"), (0, "", "f")], ["f", "", ""]),
        ([(0, "", "f"), (0, "a", "f")], ["f", ""]),
        ([(0, "a", "f"), (1, "b", "f"), (0, "a", "f")], ["f", "f", ""]),
        ([(0, "a", "f"), (0, "b", "f")], ["f", "f"]),
        ([(None, "a", "f"), (None, "a", "f"), (None, "b", "g")], ["f", "", "g"]),
        ([(None, "", "f"), (None, "", "f")], ["f", "f"]),
    ],
)
def test_a_call_begins_once(pieces, begun):
    so_far = CallsSoFar()

    assert [so_far.begun(*piece) for piece in pieces] == begun


def test_both_ways_tell_a_repeated_name_once():
    wire, langchain = CallsSoFar(), CallsSoFar()
    function = {"name": "f", "arguments": "{"}
    call = {"index": 0, "id": "a", "function": function}
    part = {"index": 0, "id": "a", "name": "f", "args": "{"}
    event = {"choices": [{"delta": {"tool_calls": [call]}}]}
    wired = [piece for _ in range(2) for piece in chunks_from_wire(event, wire)]
    message = AIMessageChunk("", tool_call_chunks=[part])
    read = [piece for _ in range(2) for piece in chunks_of(message, langchain)]

    assert [(piece.text, piece.tool) for piece in wired] == [("{", "f"), ("{", "")]
    assert [(piece.text, piece.tool) for piece in read] == [("{", "f"), ("{", "")]
