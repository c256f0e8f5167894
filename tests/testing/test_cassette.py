"""Cassettes by themselves: their models, and their files."""

import asyncio
import json
from pathlib import Path

import pytest

from llm_strategy import llm_function
from llm_strategy.errors import ConfigurationError, ReplayError
from llm_strategy.flow import ChatRequest, run
from llm_strategy.flow.requests import CloseStream, NextChunk, OpenStream
from llm_strategy.messages import Attachment, Message, Reply, ToolCall, Usage
from llm_strategy.testing import Cassette, ScriptedModel
from llm_strategy.testing.cassette_file import Exchange, Tracks, file_name, read_cassette, short_name, write_cassette
from llm_strategy.tracing.secrets import Secrets


@llm_function
def capital(model, country: str) -> str:
    """The capital of the country."""


def request(*messages, model=None):
    return ChatRequest(model, messages)


def test_a_reply_is_read_back_as_it_was_written(tmp_path):
    call = ToolCall("f", '{\n"a": 1}', "c1")
    reply = Reply(Message("assistant", "one\ntwo\u2028three" + chr(0xD800), (call,)), "stop", None, Usage(3, 2, 1), "m")
    data = {"messages": [{"role": "user", "content": "a\nb"}], "output": {}, "sampling": {}}
    path = tmp_path / "folder" / "x.json"
    write_cassette(path, Tracks({"m": ("tool",)}, {"k": Exchange("k", "m", (reply, reply), data)}), Secrets())
    assert read_cassette(path) == Tracks({"m": ("tool",)}, {"k": Exchange("k", "m", (reply, reply), data)})
    assert [each.name for each in path.parent.iterdir()] == ["x.json"]


def test_a_cassette_without_requests_is_enough(tmp_path):
    path = tmp_path / "x.json"
    reply = {"message": {"role": "assistant", "content": ["a", "b"]}}
    path.write_text(
        json.dumps({"format": 1, "models": {}, "exchanges": [{"key": "k", "model": "m", "replies": [reply]}]})
    )
    assert read_cassette(path).exchanges["k"].replies[0].message.content == "a\nb"


def test_what_cannot_be_read_or_written_is_told(tmp_path):
    (tmp_path / "x.json").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match=r"'x.json' cannot be read: it is no text"):
        read_cassette(tmp_path / "x.json")
    tracks = Tracks({}, {"k": Exchange("k", "m", (Reply(Message.assistant("a")),))})
    with pytest.raises(ConfigurationError, match=r"'y.json' cannot be written"):
        write_cassette(tmp_path / "x.json" / "y.json", tracks, Secrets())


def test_attachments_are_written_as_hashes(tmp_path):
    path = tmp_path / "x.json"
    cassette = Cassette(path, "new")
    model = cassette(ScriptedModel(["a picture"]), name="m")
    image = Attachment("image", "image/png", b"\x89PNG" * 1000)
    linked = Attachment("image", "image/png", url="https://example.com/a.png")
    cassette.record(
        "m",
        model._opened,
        request(Message("user", "?", attachments=(image, linked)), model=model),
        Reply(Message.assistant("a")),
    )
    cassette.close(passed=True)
    first, second = json.loads(path.read_text())["exchanges"][0]["request"]["messages"][0]["attachments"]
    assert first["data"].startswith("sha256:")
    assert second["url"] == "https://example.com/a.png"
    before = path.read_text()
    write_cassette(path, read_cassette(path), Secrets())
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("local:/home/me/tiny.gguf", "local:tiny.gguf"),
        ("/home/me/tiny.gguf", "tiny.gguf"),
        (r"C:\models\tiny.gguf", "tiny.gguf"),
        (r"local:C:\models\tiny.gguf", "local:tiny.gguf"),
        ("openai:org/model", "openai:org/model"),
        ("gpt-4o-mini", "gpt-4o-mini"),
    ],
)
def test_names_of_models_hold_no_folder(name, short):
    assert short_name(name) == short


def test_names_of_files_are_allowed_everywhere():
    names = [
        file_name(test) for test in ("test_a", "test_a[x]", "test_A", "test_a[" + "x" * 300 + "]", "test_a[../../b]")
    ]
    assert len({name.lower() for name in names}) == 5
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyzA0123456789_-.") for name in names)


@pytest.mark.parametrize("in_async", [False, True])
def test_a_stream_that_nobody_wants_to_its_end_is_replayed_so_far(tmp_path, in_async):
    def first(model):
        def flow():
            stream = yield OpenStream(request(Message.user("?"), model=model))
            chunk = yield NextChunk(stream)
            yield CloseStream(stream)
            return chunk.text

        async def afirst():
            chunks = model.astream(request(Message.user("?"), model=model))
            text = (await anext(chunks)).text
            await chunks.aclose()
            return text

        return asyncio.run(afirst()) if in_async else run(flow())

    recording = Cassette(tmp_path / "x.json", "new")
    said = first(recording(ScriptedModel(["A long reply."]), name="m"))
    recording.close(passed=True)
    assert first(Cassette(tmp_path / "x.json")(ScriptedModel(), name="m")) == said
    assert read_cassette(tmp_path / "x.json").exchanges


def test_the_name_of_a_recorded_model_is_its_own():
    class Named(ScriptedModel):
        model: str = "named-model"

    assert Cassette(Path("/nowhere/x.json"))(Named()).name == "named-model"


def test_a_miss_names_a_value_of_the_right_form(tmp_path):
    cassette = Cassette(tmp_path / "a" / "b" / "x.json", test="t.py::t")
    model = ScriptedModel(llm_strategy_methods=("json_schema",))
    with pytest.raises(ReplayError, match=r'"content": "\{\\"return_value\\": \\"text\\"\}"'):
        capital(cassette(model, name="m"), "France")
    assert len(cassette.misses) == 1
