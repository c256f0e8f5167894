"""Replies as JSON and back: what fits comes back as it was, and what does not is a StoredDataError and nothing else."""

import json

import pytest

from llm_strategy.errors import StoredDataError
from llm_strategy.flow.codec import chunk_data, chunk_from, data_from, json_of, message_data, reply_data, reply_from
from llm_strategy.messages import Attachment, Chunk, Message, Reply, ToolCall, Usage

REPLIES = [
    pytest.param(Reply(Message.assistant("")), id="empty"),
    pytest.param(Reply(Message.assistant("\ud83d and \x00 and \u202e")), id="strange signs"),
    pytest.param(
        Reply(Message.assistant("a"), "stop", "no", Usage(1, 2, 3, 4), "gpt-4o", "id", cached=True), id="every field"
    ),
    pytest.param(Reply(Message("assistant", "", (ToolCall("f", '{"a": 1}', "c1"), ToolCall("", "")))), id="tool calls"),
    pytest.param(
        Reply(Message("user", "a", attachments=(Attachment("image", "image/png", b"\0\xff"), Attachment("file", "")))),
        id="attachments",
    ),
    pytest.param(Reply(Message("tool", "a", tool_call_id="c1", fences=("f1", "f2"))), id="tool and fences"),
]


@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_comes_back_as_it_was(reply):
    assert reply_from(data_from(json_of(reply_data(reply)), "here"), "here") == reply


@pytest.mark.parametrize(
    "chunk", [Chunk(), Chunk("\udc00", "stop", "no", Usage(1), "gpt-4o", cached=True), Chunk(usage=Usage())]
)
def test_a_piece_comes_back_as_it_was(chunk):
    assert chunk_from(data_from(json_of(chunk_data(chunk)), "here"), "here") == chunk


def test_what_is_empty_is_not_written():
    assert message_data(Message.user("a")) == {"role": "user", "content": "a"}
    assert chunk_data(Chunk("a")) == {"text": "a"}
    assert reply_data(Reply(Message.assistant("a"))) == {"message": {"role": "assistant", "content": "a"}, "usage": {}}


def test_json_is_one_line_of_ascii_in_one_order():
    assert json_of({"b": "\ud83d\n", "a": 1}) == '{"a":1,"b":"\\ud83d\\n"}'


TEXTS = [
    "",
    "{",
    "nothing",
    "NaN",
    "[Infinity]",
    '{"a": -Infinity}',
    "[" * 100_000,
    '{"a":' * 100_000,
    "1" * 5000,
    "'single'",
    '"\x00"',
    '{"a": 1,}',
    '{"a": 1} more',
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_text_that_is_no_json_is_told(text):
    with pytest.raises(StoredDataError, match=r"^here: what is stored there is no JSON"):
        data_from(text, "here")


@pytest.mark.parametrize("stored", [None, 1, b"\xff", 1.5])
def test_what_is_no_text_is_told(stored):
    with pytest.raises(StoredDataError, match=r"^here"):
        data_from(stored, "here")


def reply(**message):
    return {"message": {"role": "assistant", **message}}


CRAFTED = [
    None,
    1,
    "text",
    [],
    [reply()],
    {},
    {"usage": {}},
    {"message": None},
    {"message": []},
    {"message": "text"},
    {"message": {}},
    {"message": {"content": "a"}},
    {"message": {"role": "root"}},
    {"message": {"role": None}},
    {"message": {"role": ["assistant"]}},
    {"message": {"role": {"assistant": 1}}},
    reply(content=None),
    reply(content=1),
    reply(content=["a"]),
    reply(content={"type": "text"}),
    reply(text="a"),
    reply(__class__="os.system"),
    reply(__reduce__=["os.system", ["true"]]),
    reply(type="constructor", id=["langchain_core", "load"]),
    reply(tool_calls="f()"),
    reply(tool_calls={"name": "f"}),
    reply(tool_calls=[None]),
    reply(tool_calls=["f"]),
    reply(tool_calls=[{}]),
    reply(tool_calls=[{"name": "f"}]),
    reply(tool_calls=[{"arguments": "{}"}]),
    reply(tool_calls=[{"name": "f", "arguments": {}}]),
    reply(tool_calls=[{"name": 1, "arguments": "{}"}]),
    reply(tool_calls=[{"name": "f", "arguments": "{}", "id": None}]),
    reply(tool_calls=[{"name": "f", "arguments": "{}", "extra": 1}]),
    reply(tool_calls=[[["name", "f"], ["arguments", "{}"]]]),
    reply(tool_call_id=1),
    reply(attachments="a"),
    reply(attachments=[1]),
    reply(attachments=[{}]),
    reply(attachments=[{"kind": "image"}]),
    reply(attachments=[{"media_type": "image/png"}]),
    reply(attachments=[{"kind": "program", "media_type": "text/x-python"}]),
    reply(attachments=[{"kind": ["image"], "media_type": "image/png"}]),
    reply(attachments=[{"kind": "image", "media_type": "image/png", "data": "no base64!"}]),
    reply(attachments=[{"kind": "image", "media_type": "image/png", "data": "\u00e9"}]),
    reply(attachments=[{"kind": "image", "media_type": "image/png", "data": "A"}]),
    reply(attachments=[{"kind": "image", "media_type": "image/png", "data": None}]),
    reply(attachments=[{"kind": "image", "media_type": "image/png", "path": "/etc/passwd"}]),
    reply(fences="f"),
    reply(fences=[1]),
    {**reply(), "usage": None},
    {**reply(), "usage": []},
    {**reply(), "usage": {"input_tokens": -1}},
    {**reply(), "usage": {"input_tokens": True}},
    {**reply(), "usage": {"input_tokens": 1.5}},
    {**reply(), "usage": {"input_tokens": "1"}},
    {**reply(), "usage": {"input_tokens": 2**63}},
    {**reply(), "usage": {"total_tokens": 1}},
    {**reply(), "finish_reason": 1},
    {**reply(), "finish_reason": None},
    {**reply(), "refusal": []},
    {**reply(), "model": 1},
    {**reply(), "id": {}},
    {**reply(), "cached": 1},
    {**reply(), "cached": "yes"},
    {**reply(), "py/object": "subprocess.Popen"},
]


@pytest.mark.parametrize("data", CRAFTED, ids=range(len(CRAFTED)))
def test_what_is_no_reply_is_told(data):
    with pytest.raises(StoredDataError, match=r"^here.*Delete it\.$"):
        reply_from(json.loads(json.dumps(data)), "here")


@pytest.mark.parametrize(
    "data", [None, [], "text", {"text": 1}, {"usage": []}, {"usage": {"a": 1}}, {"cached": 0}, {"more": 1}]
)
def test_what_is_no_piece_is_told(data):
    with pytest.raises(StoredDataError, match=r"^here.*Delete it\.$"):
        chunk_from(data, "here")


def test_a_long_value_is_shortened_in_the_error():
    with pytest.raises(StoredDataError) as caught:
        reply_from({"message": "x" * 10_000}, "here")
    assert len(str(caught.value)) < 300
