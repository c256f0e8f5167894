"""Asking for the tokens of a stream: langchain does so only where the provider itself is asked."""

import asyncio
import json

import httpx
import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.globals import get_llm_cache, set_llm_cache
from langchain_core.language_models import FakeListChatModel
from langchain_openai import ChatOpenAI

from llm_strategy.chat import resolve
from llm_strategy.errors import TransportError, UnsupportedError
from llm_strategy.flow import ChatRequest, OutputFormat
from llm_strategy.messages import Message, Usage
from llm_strategy.testing import FakeChatModel

BASE = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


class Server:
    """Streams one reply, with its bill where that is asked for; may decline to be asked."""

    def __init__(self, declines=None, status=400):
        self.declines, self.status = declines, status
        self.bodies = []

    def answer(self, request):
        body = json.loads(request.content)
        self.bodies.append(body)
        if self.declines and "stream_options" in body:
            return httpx.Response(self.status, json={"error": {"message": self.declines, "code": "x"}})
        deltas = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": "yes"}, "finish_reason": None}]}]
        deltas.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        if body.get("stream_options", {}).get("include_usage"):
            deltas.append({"choices": [], "usage": USAGE})
        lines = [f"data: {json.dumps({**BASE, **delta})}\n\n" for delta in deltas]
        return httpx.Response(
            200, text="".join([*lines, "data: [DONE]\n\n"]), headers={"content-type": "text/event-stream"}
        )

    async def aanswer(self, request):
        return self.answer(request)

    def model(self, **options):
        return ChatOpenAI(
            model="modelled",
            base_url="http://server.example/v1",
            api_key="x",
            max_retries=0,
            http_client=httpx.Client(transport=httpx.MockTransport(self.answer)),
            http_async_client=httpx.AsyncClient(transport=httpx.MockTransport(self.aanswer)),
            **options,
        )


def streamed(model, method="prompt"):
    schema = None if method == "prompt" else {"type": "object"}
    return list(resolve(model).stream(ChatRequest(model, (Message.user("hi"),), OutputFormat(method, schema=schema))))


def astreamed(model, method="prompt"):
    async def pieces():
        schema = None if method == "prompt" else {"type": "object"}
        request = ChatRequest(model, (Message.user("hi"),), OutputFormat(method, schema=schema))
        return [piece async for piece in resolve(model).astream(request)]

    return asyncio.run(pieces())


def usage(pieces):
    return sum((piece.usage for piece in pieces if piece.usage), Usage())


ways = pytest.mark.parametrize("way", [streamed, astreamed])


@ways
def test_a_stream_is_asked_what_it_costs(way):
    server = Server()
    pieces = way(server.model())

    assert "".join(piece.text for piece in pieces) == "yes"
    assert usage(pieces) == Usage(7, 3)
    assert server.bodies[0]["stream_options"] == {"include_usage": True}


@ways
@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_declines_is_asked_again_without_and_remembered(way, status):
    server = Server("Unrecognized request argument supplied: stream_options", status)
    model = server.model()

    for _ in range(2):
        pieces = way(model)
        assert "".join(piece.text for piece in pieces) == "yes"
        assert usage(pieces) == Usage()
    assert ["stream_options" in body for body in server.bodies] == [True, False, False]


@ways
def test_a_server_that_declines_keeps_its_structured_output_method(way):
    model = Server("stream_options is not allowed with tools").model()

    way(model, "json_schema")
    assert "json_schema" in resolve(model).profile.methods


@ways
def test_another_error_is_that_error(way):
    with pytest.raises(TransportError, match="overloaded"):
        way(Server("overloaded").model())
    with pytest.raises(UnsupportedError, match="response_format"):
        way(Server("response_format is not supported").model(), "json_schema")


@pytest.mark.parametrize(
    "options", [{"stream_usage": False}, {"model_kwargs": {"stream_options": {"include_usage": False}}}]
)
def test_what_the_user_decided_holds(options):
    server = Server()

    assert usage(streamed(server.model(**options))) == Usage()
    assert server.bodies[0].get("stream_options", {"include_usage": False}) == {"include_usage": False}


def whole(request):
    message = {"role": "assistant", "content": "yes"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return httpx.Response(200, json={**BASE, "object": "chat.completion", "choices": [choice], "usage": USAGE})


@pytest.mark.parametrize(
    "options", [{"disable_streaming": True}, {"disable_streaming": "tool_calling"}, {"streaming": False}]
)
def test_a_model_that_does_not_stream_is_not_given_the_argument(options):
    server = Server()
    answer = server.answer
    server.answer = lambda request: answer(request) if json.loads(request.content).get("stream") else whole(request)
    pieces = streamed(server.model(**options))

    assert "".join(piece.text for piece in pieces) == "yes"


def test_models_of_other_makers_are_not_given_the_argument():
    assert "".join(piece.text for piece in streamed(FakeListChatModel(responses=["yes"]))) == "yes"


def test_a_model_that_cannot_stream_may_answer_out_of_a_cache():
    from langchain_core.messages import AIMessage, HumanMessage

    model = FakeChatModel.from_messages([[HumanMessage("hi"), AIMessage("yes")]])
    before = get_llm_cache()
    set_llm_cache(InMemoryCache())
    try:
        first, second = streamed(model), streamed(model)
    finally:
        set_llm_cache(before)

    assert [piece.text for piece in first] == [piece.text for piece in second] == ["yes"]
    assert [piece.cached for piece in (*first, *second)] == [False, True]
    assert usage(second) == Usage()
