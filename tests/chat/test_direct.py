"""The way around langchain: the same request on the wire, the same reply, and taken only where nobody would notice."""

import json
from datetime import UTC, datetime

import httpx
import httpx2
import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler, get_usage_metadata_callback
from langchain_core.globals import set_llm_cache
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import RunnableLambda
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from pydantic import BaseModel

from llm_strategy.chat import resolve
from llm_strategy.chat.clients import clients_of
from llm_strategy.errors import TransportError
from llm_strategy.flow import Sampling
from llm_strategy.messages import Message, ToolCall, Usage

USAGE = {
    "prompt_tokens": 7,
    "completion_tokens": 3,
    "total_tokens": 10,
    "prompt_tokens_details": {"cached_tokens": 5},
    "completion_tokens_details": {"reasoning_tokens": 2},
}


def completion(**message):
    choice = {"index": 0, "message": {"role": "assistant", "content": "yes", **message}, "finish_reason": "stop"}
    return {"id": "c-1", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [choice], "usage": USAGE}


def events(*bodies, end="data: [DONE]\n\n"):
    base = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m-1"}
    return "".join(f"data: {json.dumps({**base, **body})}\n\n" for body in bodies) + end


def delta(finish=None, **fields):
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


class Part(BaseModel):
    a: int


class Listener(BaseCallbackHandler):
    """Counts runs and pieces."""

    def __init__(self):
        self.runs, self.pieces = [], 0

    def on_chat_model_start(self, *args, **kwargs):
        self.runs.append("began")

    def on_llm_end(self, *args, **kwargs):
        self.runs.append("ended")

    def on_llm_new_token(self, *args, **kwargs):
        self.pieces += 1


whole_ways = pytest.mark.parametrize("way", ["replied", "areplied"], indirect=True)
stream_ways = pytest.mark.parametrize("way", ["streamed", "astreamed"], indirect=True)
all_ways = pytest.mark.parametrize("way", ["replied", "areplied", "streamed", "astreamed"], indirect=True)

STREAM = events(delta(role="assistant", content=""), delta(content="ye"), delta(content="s"), delta("stop"))


def directly(server, **options):
    return server.model(**options)


def through_langchain(server, **options):
    return server.model(callbacks=[Listener()], **options)


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.parametrize("method", ["json_schema", "tool", "json_object", "prompt"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"model": "o3-mini", "max_tokens": 50, "seed": 3},
        {"temperature": 0.5, "model_kwargs": {"user": "me"}, "extra_body": {"top_k": 4}},
        {"default_headers": {"x-team": "blue"}, "organization": "org-1", "stop": ["."]},
    ],
    ids=["plain", "reasoning", "extra", "headers"],
)
@all_ways
def test_the_request_is_the_one_that_langchain_sends(library, method, options, way, playing):
    answer = STREAM if "stream" in way.__name__ else completion()
    direct, usual = (playing(answer, library=library) for _ in range(2))
    model = direct.model(**options)

    way(model, method=method, sampling=Sampling(temperature=0.2))
    way(model, method=method, sampling=Sampling(temperature=0.2))  # built like the first one
    way(through_langchain(usual, **options), method=method, sampling=Sampling(temperature=0.2))

    first, second, expected = direct.requests[0], direct.requests[1], usual.requests[0]
    assert direct.bodies[0] == direct.bodies[1] == usual.bodies[0]
    ignored = {"x-stainless-raw-response", "x-stainless-helper-method", "x-stainless-custom-event-handler"}
    for sent in (first, second):
        assert sent.method == expected.method
        assert str(sent.url) == str(expected.url)
        heads = [
            {k: v for k, v in one.headers.items() if k not in ignored | {"content-length"}} for one in (sent, expected)
        ]
        assert heads[0] == heads[1]


def test_requests_after_the_first_one_are_built_like_it_where_nothing_can_differ(playing, replied):
    plain, keyed = playing(completion()), playing(completion())
    model = plain.model()
    client = httpx2.Client(transport=httpx2.MockTransport(keyed.answer), auth=("me", "pass"))
    own = ChatOpenAI(model="m", base_url="http://server.example/v1", api_key="x", http_client=client)
    replied(model)
    replied(own)

    assert clients_of(model).sender._like is not None
    assert clients_of(own).sender._like is None


@whole_ways
@pytest.mark.parametrize("model_of", [directly, through_langchain])
def test_a_reply_is_read_with_all_that_it_tells(way, model_of, playing):
    reply = way(model_of(playing(completion())))

    assert reply.message == Message.assistant("yes")
    assert (reply.finish_reason, reply.model, reply.id, reply.refusal) == ("stop", "m-1", "c-1", None)
    assert reply.usage == Usage(7, 3, 5, 2)


@whole_ways
def test_a_tool_call_keeps_its_arguments_as_they_came(way, playing):
    call = {"id": "call-1", "type": "function", "function": {"name": "Answer", "arguments": '{"name": "Ada",}'}}
    reply = way(playing(completion(content=None, tool_calls=[call])).model(), method="tool")

    assert reply.message.tool_calls == (ToolCall("Answer", '{"name": "Ada",}', "call-1"),)


@whole_ways
def test_a_refusal_is_told(way, playing):
    assert way(playing(completion(content=None, refusal="No.")).model()).refusal == "No."


@stream_ways
@pytest.mark.parametrize("model_of", [directly, through_langchain])
def test_a_stream_comes_piece_by_piece_with_its_bill(way, model_of, playing):
    server = playing(events(delta(content="ye"), delta(content="s"), delta("stop"), {"choices": [], "usage": USAGE}))
    pieces = way(model_of(server))

    assert "".join(piece.text for piece in pieces) == "yes"
    assert sum((piece.usage for piece in pieces if piece.usage), Usage()) == Usage(7, 3, 5, 2)
    assert [piece.finish_reason for piece in pieces if piece.finish_reason] == ["stop"]
    assert server.bodies[0]["stream_options"] == {"include_usage": True}


@stream_ways
def test_refusals_and_tool_calls_are_streamed_too(way, playing):
    call = {"tool_calls": [{"index": 0, "function": {"arguments": '{"na'}}]}
    pieces = way(playing(events(delta(refusal="No"), delta(refusal="."), delta(**call), delta("stop"))).model())

    assert "".join(piece.refusal or "" for piece in pieces) == "No."
    assert "".join(piece.text for piece in pieces) == '{"na'


@stream_ways
def test_a_server_that_does_not_stream_gives_all_at_once(way, playing):
    assert [piece.text for piece in way(playing(completion()).model())] == ["yes"]


@stream_ways
@pytest.mark.parametrize("kind", ["application/json", "text/html; charset=utf-8", "application/x-ndjson", "text/plain"])
def test_a_stream_is_read_under_whatever_type_it_comes(way, kind, playing):
    assert (
        "".join(piece.text for piece in way(playing((200, STREAM.encode(), {"content-type": kind})).model())) == "yes"
    )


class Whole(ChatOpenAI):
    """Never streams."""

    def _should_stream(self, **_kwargs):
        return False


@stream_ways
@pytest.mark.parametrize(
    ("kind", "options"),
    [(ChatOpenAI, {"streaming": False}), (ChatOpenAI, {"disable_streaming": True}), (Whole, {})],
)
def test_a_model_that_is_not_to_stream_does_not(way, kind, options, playing):
    server = playing(completion())
    pieces = way(server.model(kind, **options))

    assert "".join(piece.text for piece in pieces) == "yes"
    assert [(body.get("stream"), "stream_options" in body) for body in server.bodies] in [
        [(None, False)],
        [(False, False)],
    ]


@all_ways
def test_callbacks_of_the_model_are_called(way, playing):
    server, listener = playing(STREAM if "stream" in way.__name__ else completion()), Listener()
    way(server.model(callbacks=[listener]))

    assert listener.runs == ["began", "ended"]
    assert (listener.pieces > 0) is ("stream" in way.__name__)


def test_callbacks_of_the_run_around_a_call_are_called(playing, replied):
    model, listener = playing(completion()).model(), Listener()
    RunnableLambda(lambda _: replied(model)).invoke("x", config={"callbacks": [listener]})

    assert listener.runs == ["began", "ended"]


def test_callbacks_of_the_environment_are_called(playing, replied):
    model = playing(completion()).model()
    with get_usage_metadata_callback() as usage:
        replied(model)

    assert [told["total_tokens"] for told in usage.usage_metadata.values()] == [10]


@whole_ways
def test_the_cache_of_langchain_answers(way, playing):
    server = playing(completion())
    model = server.model()
    set_llm_cache(InMemoryCache())
    try:
        first, second = way(model), way(model)
    finally:
        set_llm_cache(None)

    assert (first.cached, second.cached) == (False, True)
    assert len(server.requests) == 1


def test_a_cache_of_the_models_own_answers(playing, replied):
    server = playing(completion())
    model = server.model(cache=InMemoryCache())

    assert [replied(model).cached for _ in range(2)] == [False, True]


def test_a_rate_limiter_of_langchain_is_asked(playing, replied):
    asked = []

    class Limiter(InMemoryRateLimiter):
        def acquire(self, *, blocking=True):
            asked.append(blocking)
            return True

    replied(playing(completion()).model(rate_limiter=Limiter()))
    assert asked == [True]


def test_a_class_that_answers_in_its_own_way_does_so(playing, replied):
    class Own(ChatOpenAI):
        def _generate(self, messages, *args, **kwargs):
            result = super()._generate(messages, *args, **kwargs)
            result.generations[0].message.content += "!"
            return result

    assert replied(playing(completion()).model(Own)).message.content == "yes!"


def test_a_class_that_adds_nothing_to_the_way_is_answered_directly(playing, replied):
    class Named(ChatOpenAI):
        team: str = "blue"

    call = {"id": "1", "type": "function", "function": {"name": "Answer", "arguments": '{"a": 1,}'}}
    reply = replied(playing(completion(content=None, tool_calls=[call])).model(Named), method="tool")

    assert reply.message.tool_calls[0].arguments == '{"a": 1,}'


def test_azure_gets_its_own_address(playing, replied):
    server = playing(completion())
    options = {"azure_endpoint": "https://me.example", "azure_deployment": "d-1", "api_version": "2024-10-21"}

    assert replied(server.model(AzureChatOpenAI, **options)).message.content == "yes"
    assert server.requests[0].url.path == "/openai/deployments/d-1/chat/completions"


@pytest.mark.parametrize("options", [{"streaming": True}, {"n": 2}, {"verbose": True}])
def test_other_settings_go_through_langchain(options, playing, replied):
    answer = events(delta(content="yes"), delta("stop")) if "streaming" in options else completion()

    assert replied(playing(answer).model(**options)).message.content == "yes"


def test_changes_of_the_model_hold_at_once(playing, replied):
    server = playing(completion())
    model = server.model()
    replied(model)
    model.temperature = 0.7
    model.root_client.api_key = "an0ther-key"
    replied(model)

    assert server.bodies[1]["temperature"] == 0.7
    assert server.requests[1].headers["authorization"] == "Bearer an0ther-key"


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
@whole_ways
def test_changes_of_the_clients_hold_at_once(way, library, playing):
    server = playing(completion(), library=library)
    model = server.model()
    way(model)
    for client in (model.http_client, model.http_async_client):
        client.headers["x-token"] = "t2"
        client.params = client.params.merge({"late": "1"})
    for client in (model.root_client, model.root_async_client):
        client.organization = "o2"
    way(model)
    way(model)

    for request in server.requests[1:]:
        assert (request.headers["x-token"], request.headers["openai-organization"]) == ("t2", "o2")
        assert request.url.params["late"] == "1"


@whole_ways
@pytest.mark.parametrize("value", [datetime(2026, 1, 2, tzinfo=UTC), Part(a=1)])
def test_what_the_client_can_write_is_written_each_time(way, value, playing):
    server = playing(completion())
    model = server.model(extra_body={"x": value})
    way(model)
    way(model)

    assert server.bodies[0]["x"] == server.bodies[1]["x"]


def test_a_key_that_is_a_function_is_asked_each_time(playing, replied):
    keys = iter(["first-k3y", "second-k3y", "third-k3y"])
    server = playing(completion())
    client = httpx2.Client(transport=httpx2.MockTransport(server.answer))
    address = "http://server.example/v1"
    model = ChatOpenAI(model="m", base_url=address, api_key=lambda: next(keys), http_client=client)
    replied(model)
    replied(model)

    assert len({request.headers["authorization"] for request in server.requests}) == 2


def test_cookies_are_sent_back(playing, replied):
    server = playing((200, completion(), {"set-cookie": "session=7; Path=/", "content-type": "application/json"}))
    model = server.model()
    for _ in range(3):
        replied(model)

    assert [request.headers.get("cookie") for request in server.requests] == [None, "session=7", "session=7"]


def test_hooks_of_the_users_client_are_called_for_each_request(playing, replied):
    server, seen = playing(completion()), []
    hooks = {"request": [lambda request: seen.append(request.url.path)], "response": []}
    client = httpx2.Client(transport=httpx2.MockTransport(server.answer), event_hooks=hooks)
    model = ChatOpenAI(model="m", base_url="http://server.example/v1", api_key="x", http_client=client)
    for _ in range(3):
        replied(model)

    assert seen == ["/v1/chat/completions"] * 3


def test_the_account_is_the_key_and_the_address_and_tells_neither(playing):
    one, same = (resolve(playing(completion()).model()) for _ in range(2))
    others = [
        resolve(playing(completion()).model(**options))
        for options in ({"model": "m2"}, {"base_url": "http://other.example/v1"}, {"organization": "o"})
    ]

    assert one.account == same.account
    assert len({one.account, *(other.account for other in others)}) == 4
    assert "k3y" not in one.account
    assert "example" not in one.account


def test_a_model_with_a_client_of_its_own_stands_alone():
    from llm_strategy.testing import ScriptedModel

    assert resolve(ScriptedModel(["yes"])).account == ""
    assert not resolve(ScriptedModel(["yes"])).keeps_time


@pytest.mark.parametrize("change", [("callbacks", 7), ("use_responses_api", True)])
def test_what_the_direct_way_cannot_do_is_left_to_langchain(change, playing, replied):
    model = playing(completion()).model()
    setattr(model, *change)

    with pytest.raises(TransportError, match="gave no reply"):
        replied(model, method="prompt")
