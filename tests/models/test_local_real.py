"""The smallest real model: that constraints, streams, seeds and limits hold. Never what it says."""

import asyncio
import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import Literal

import jsonschema
import pytest
from langchain_core.tools import tool
from pydantic import BaseModel, Field

from llm_strategy.errors import ModelFileError, TransportError, UnsupportedError
from llm_strategy.models.local import LocalChatModel
from llm_strategy.models.local_runtime import shared_runtime

pytestmark = pytest.mark.local_model

STORY = "Write a very long story about the sea."


class Node(BaseModel):
    value: int = Field(ge=0, le=99)
    children: list["Node"] = Field(max_length=1)


class Order(BaseModel):
    size: Literal["small", "large"]
    code: str = Field(pattern=r"^[A-Z]{2}\d{3}$")
    amount: float = Field(ge=0, lt=10)
    tags: list[Literal["a", "b"]] = Field(max_length=3)
    note: None


@tool
def weather(city: Literal["Oslo", "Rome"]) -> str:
    """Current weather."""
    return city


def is_idle(model: LocalChatModel, within_seconds: float) -> bool:
    """Whether the runtime stops working on requests, as its own metrics say."""
    runtime = shared_runtime(model._settings())
    end = time.monotonic() + within_seconds
    while time.monotonic() < end:
        if "llamacpp:requests_processing 0" in text(runtime.server.handle_metrics()):
            return True
        time.sleep(0.02)
    return False


def text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


SCHEMAS = {
    "nested": Order.model_json_schema(),
    "date": {"type": "string", "format": "date"},
    "bounds": {"type": "integer", "minimum": 41, "maximum": 43},
    "fraction": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    "tuple": {
        "type": "array",
        "prefixItems": [{"type": "boolean"}, {"type": "null"}],
        "minItems": 2,
        "maxItems": 2,
        "items": False,
    },
    "union": {"anyOf": [{"const": "a"}, {"type": "array", "items": {"const": 1}, "minItems": 1, "maxItems": 2}]},
    "keys": {"type": "object", "propertyNames": {"enum": ["x", "y"]}, "additionalProperties": {"type": "boolean"}},
    "merged": {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]},
            {"type": "object", "properties": {"b": {"type": "null"}}, "required": ["b"]},
        ]
    },
    "escapes": {"enum": ['say "hi"\n\\ é']},
    "quote-pattern": {"type": "string", "pattern": '^a"b$'},
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_a_finished_reply_always_fits_its_schema(smollm, schema) -> None:
    for seed in (1, 2):
        reply = smollm.invoke("Give an example.", json_schema=schema, temperature=1.0, seed=seed, max_tokens=300)
        assert reply.response_metadata["finish_reason"] == "stop"
        jsonschema.validate(json.loads(reply.content), schema, format_checker=jsonschema.FormatChecker())


def test_a_recursive_schema_is_followed_as_far_as_the_reply_goes(smollm) -> None:
    reply = smollm.invoke("Give an example.", json_schema=Node.model_json_schema())
    assert re.match(r'(\{"value": \d\d?, "children": \[)+(\]\})*', reply.content)


def test_an_open_list_ends_at_the_limit_of_the_grammar(smollm) -> None:
    short = smollm.model_copy(update={"grammar_max_items": 3})
    reply = short.invoke("Count.", json_schema={"type": "array", "items": {"enum": [1, 2]}})
    assert len(json.loads(reply.content)) <= 3


def test_a_grammar_is_followed(smollm) -> None:
    assert smollm.invoke("hi", grammar='root ::= "yes" | "no"').content in {"yes", "no"}
    assert smollm.invoke("hi", grammar='%llguidance {}\nstart: "on" | "off"').content in {"on", "off"}


def test_a_broken_grammar_is_an_error(smollm) -> None:
    with pytest.raises(UnsupportedError, match="failed to parse grammar"):
        smollm.invoke("hi", grammar="root ::= (")


def test_streaming_gives_the_text_of_invoke_in_many_pieces(smollm) -> None:
    whole = smollm.invoke("Say hello.", cache_prompt=False).content
    pieces = [chunk.content for chunk in smollm.stream("Say hello.", cache_prompt=False) if chunk.content]
    assert "".join(pieces) == whole
    assert len(pieces) > 3


def test_async_streaming_leaves_the_loop_free(smollm) -> None:
    async def run() -> tuple[int, int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticker = asyncio.create_task(tick())
        pieces = [chunk async for chunk in smollm.astream(STORY)]
        ticker.cancel()
        return ticks, len(pieces)

    ticks, pieces = asyncio.run(run())
    assert ticks > 10
    assert pieces > 10


def test_the_same_seed_gives_the_same_text_and_others_differ(smollm) -> None:
    def texts(*seeds: int) -> list[str]:
        asked = {"temperature": 1.0, "cache_prompt": False, "max_tokens": 20}
        return [smollm.invoke(STORY, seed=seed, **asked).content for seed in seeds]

    first, again, *others = texts(1, 1, 2, 3)
    assert first == again
    assert len({first, *others}) == 3


def test_the_token_limit_shows_in_the_finish_reason(smollm) -> None:
    reply = smollm.invoke(STORY, max_tokens=5)
    assert reply.response_metadata["finish_reason"] == "length"
    assert reply.usage_metadata["output_tokens"] == 5


def test_a_stop_text_ends_the_reply(smollm) -> None:
    assert "5" not in smollm.invoke("Count from 1 to 9: 1 2 3", stop=["5"]).content


def test_logprobs_come_for_every_token(smollm) -> None:
    reply = smollm.invoke("Say hello.", logprobs=True, top_logprobs=3, max_tokens=4)
    tokens = reply.response_metadata["logprobs"]["content"]
    assert len(tokens) == 4
    assert all(len(token["top_logprobs"]) == 3 and token["logprob"] <= 0 for token in tokens)


def test_a_shared_beginning_is_processed_once(smollm) -> None:
    beginning = "You answer questions about fruit and vegetables only, politely. " * 12
    smollm.invoke([("system", beginning), ("user", "What is an apple?")], max_tokens=2)
    reply = smollm.invoke([("system", beginning), ("user", "What is a pear?")], max_tokens=2)
    assert reply.usage_metadata["input_token_details"]["cache_read"] > 100
    assert reply.response_metadata["timings"]["prompt_n"] < 30


def test_threads_get_their_own_replies(smollm) -> None:
    found: dict[int, str] = {}

    def ask(number: int) -> None:
        found[number] = smollm.invoke("hi", grammar=f'root ::= "{number}"').content

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: str(number) for number in range(6)}


def test_a_stream_closed_early_stops_generating(smollm) -> None:
    stream = smollm.stream(STORY, max_tokens=900)
    next(stream)
    assert not is_idle(smollm, within_seconds=0.05)
    stream.close()
    assert is_idle(smollm, within_seconds=3)


def test_a_cancelled_task_stops_generating(smollm) -> None:
    async def run() -> None:
        task = asyncio.create_task(smollm.ainvoke(STORY, max_tokens=900))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert is_idle(smollm, within_seconds=3)


def test_a_call_beyond_its_time_stops_generating(smollm) -> None:
    with pytest.raises(TransportError, match="not done in time"):
        smollm.invoke(STORY, max_tokens=900, timeout=0.1)
    assert is_idle(smollm, within_seconds=3)


def test_a_required_tool_call_is_always_valid(smollm) -> None:
    for choice in ("required", "weather"):
        (call,) = smollm.bind_tools([weather], tool_choice=choice).invoke("Hello").tool_calls
        assert call["name"] == "weather"
        assert call["args"]["city"] in {"Oslo", "Rome"}


def test_structured_output_gives_instances_by_every_enforced_method(smollm) -> None:
    for method in ("json_schema", "function_calling"):
        value = smollm.with_structured_output(Order, method=method).invoke("Order something.")
        assert isinstance(value, Order)


def test_a_prompt_beyond_the_context_is_an_error_and_the_model_lives_on(smollm) -> None:
    with pytest.raises(UnsupportedError, match=r"\d{4} tokens.*n_ctx=1024"):
        smollm.invoke("word " * 3000)
    assert smollm.invoke("hi", max_tokens=1).usage_metadata["output_tokens"] == 1


def test_a_reply_that_fills_the_context_ends_there(smollm) -> None:
    endless = 'root ::= "a" root'
    reply = smollm.invoke("word " * 960, max_tokens=None, grammar=endless)
    assert reply.response_metadata["finish_reason"] == "length"
    assert reply.usage_metadata["total_tokens"] <= 1025


def test_a_cut_off_file_is_an_error(smollm, tmp_path) -> None:
    cut = tmp_path / "cut.gguf"
    with smollm._settings().path.open("rb") as whole:
        cut.write_bytes(whole.read(3_000_000))
    with pytest.raises(ModelFileError, match="cut off"):
        LocalChatModel(model=str(cut)).load()


@pytest.mark.loopback
@pytest.mark.enable_socket
def test_the_listener_answers_nobody_without_the_key(smollm) -> None:
    runtime = shared_runtime(smollm._settings())
    body = json.dumps({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}).encode()

    def post(headers: dict[str, str]) -> int:
        request = urllib.request.Request(f"{runtime.address}/v1/chat/completions", body, headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    assert runtime.address.startswith("http://127.0.0.1:")
    assert post({}) == 401
    assert post({"Authorization": "Bearer guess"}) == 401
    assert post({"Authorization": f"Bearer {runtime.api_key}"}) == 200


SILENT = """
from llm_strategy.models.local import LocalChatModel
model = LocalChatModel(model="smollm2-135m", n_ctx=512, n_parallel=1)
stream = model.stream("Write a long story.", max_tokens=400)
print(len(model.invoke("hi", max_tokens=3, json_schema={"type": "string", "pattern": "(?=x)"}).content) > 0)
next(stream)
"""


def test_the_runtime_prints_nothing_and_a_half_read_stream_does_not_hold_up_the_exit(smollm) -> None:
    done = subprocess.run([sys.executable, "-c", SILENT], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


INTERRUPTED = """
import os, signal, threading
from llm_strategy.models.local import LocalChatModel
signal.signal(signal.SIGINT, signal.default_int_handler)
model = LocalChatModel(model="smollm2-135m", n_ctx=2048, n_parallel=1).load()
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    model.invoke("Write a long story.", max_tokens=1500)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are the console's business there")
def test_control_c_still_interrupts_a_program_with_a_loaded_model(smollm) -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "interrupted\n")
