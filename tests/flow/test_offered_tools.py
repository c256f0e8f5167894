"""Requests that offer tools: in keys, caches, journals, tapes and estimates."""

import pytest

from llm_strategy import caching, durable
from llm_strategy.chat import resolve
from llm_strategy.errors import ReplayError
from llm_strategy.flow import ChatRequest, NextChunk, OpenStream, OutputFormat, ToolSpec, run
from llm_strategy.flow.codec import chunk_data, chunk_from
from llm_strategy.flow.estimates import Estimates, prompt_bound
from llm_strategy.flow.fingerprint import fingerprint, request_data
from llm_strategy.flow.pieces import PiecesSoFar
from llm_strategy.messages import Chunk, Message, ToolCall, Usage
from llm_strategy.models.record import record
from llm_strategy.models.replay import replay
from llm_strategy.testing import ScriptedModel

ASKED = (Message.user("Go."),)
NOW = ToolSpec("now", "The time.")
FIND = ToolSpec("find", "", {"type": "object", "properties": {"what": {"type": "string"}}})
TURN = Message("assistant", "Look.", (ToolCall("find", '{"what": "tea"}', "id-1"), ToolCall("now", "{}", "id-2")))


def asking(model, *tools, must_call=False, messages=ASKED):
    return ChatRequest(resolve(model), messages, OutputFormat(tools=tools, must_call=must_call))


def whole(request):
    return (yield request)


def streamed(request):
    stream, so_far = (yield OpenStream(request)), PiecesSoFar()
    while (chunk := (yield NextChunk(stream))) is not None:
        so_far.add(chunk)
    return so_far.reply()


ways = pytest.mark.parametrize("way", [whole, streamed])


def test_a_request_without_tools_has_the_key_that_it_always_had():
    request = asking(ScriptedModel(name="m"))
    assert request_data(request)["output"] == {"method": "prompt"}
    assert fingerprint(request) == "3fe0cfab28f4c04d926b52cf0062a7ce733b746fbeef41b105bd35c0665c96ba"


def test_other_tools_make_another_request():
    model = ScriptedModel(name="m")
    keys = [
        fingerprint(one)
        for one in (
            asking(model),
            asking(model, NOW),
            asking(model, NOW, FIND),
            asking(model, NOW, must_call=True),
            asking(model, ToolSpec("now", "The hour.")),
            asking(model, messages=(Message.user("Go."), TURN)),
            asking(model, messages=(Message.user("Go."), TURN, Message.tool("tea", "id-1"))),
        )
    ]
    assert len(set(keys)) == len(keys)


@ways
def test_a_cache_gives_calls_again(way, tmp_path):
    model = ScriptedModel([TURN])
    with caching(tmp_path / "cache.db"):
        first, again = (run(way(asking(model, NOW, FIND))) for _ in range(2))
    assert first.message == again.message == TURN
    assert again.cached


@pytest.mark.parametrize("other", [whole, streamed])
@ways
def test_a_journal_gives_calls_again(way, other, tmp_path):
    del other
    model = ScriptedModel([TURN])
    for _ in range(2):
        with durable(tmp_path / "run.db"):
            assert run(way(asking(model, NOW, FIND))).message == TURN


@ways
def test_a_tape_gives_calls_again_and_tells_answers_to_calls_apart(way, tmp_path):
    model = record(ScriptedModel([TURN, Message.assistant("Tea.")]), tmp_path / "tape.jsonl")
    first = asking(model, NOW, FIND)
    answers = (TURN, Message.tool("tea", "id-1"), Message.tool("12:00", "id-2"))
    second = asking(model, NOW, FIND, messages=(*first.messages, *answers))
    assert [run(way(one)).message.content for one in (first, second)] == ["Look.", "Tea."]

    known = replay(tmp_path / "tape.jsonl")
    assert run(way(asking(known, NOW, FIND))).message == TURN
    assert run(way(asking(known, NOW, FIND, messages=second.messages))).message.content == "Tea."
    changed = (*first.messages, TURN, Message.tool("tea", "id-2"), Message.tool("12:00", "id-1"))
    for unknown in (asking(known, NOW), asking(known, NOW, FIND, messages=changed)):
        with pytest.raises(ReplayError):
            run(way(unknown))


def test_tools_are_part_of_what_a_prompt_may_cost():
    model = ScriptedModel(name="m")
    plain, offering = asking(model), asking(model, NOW, FIND)
    assert prompt_bound(offering) > prompt_bound(plain) + 50
    estimates = Estimates()
    estimates.learn(plain, Usage(10, 5))
    assert estimates.prompt(plain) == 10
    assert estimates.prompt(offering) > 100
    estimates.learn(offering, Usage(60, 5))
    assert estimates.prompt(asking(model, NOW, FIND)) == 60


def test_pieces_of_calls_are_stored_and_read_back():
    piece = Chunk("{", tool="now", call=2, call_id="id-2")
    assert chunk_from(chunk_data(piece), "here") == piece
    assert chunk_from({"text": "{", "tool": "now"}, "here") == Chunk("{", tool="now")
