"""The way around langchain: the same request on the wire, the same reply, and taken only where nobody would notice."""

import asyncio
import json

import httpx
import httpx2
import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler, get_usage_metadata_callback
from langchain_core.globals import set_llm_cache
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import RunnableLambda
from langchain_openai import AzureChatOpenAI, ChatOpenAI

from llm_strategy.chat import resolve
from llm_strategy.chat.clients import clients_of
from llm_strategy.errors import DamagedReplyError, NotAModelError, RateLimitedError, TransportError
from llm_strategy.flow import ChatRequest, OutputFormat, Sampling
from llm_strategy.messages import Message, ToolCall, Usage

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}}
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


class Server:
    """Plays a provider inside the client; keeps what it was sent."""

    def __init__(self, *answers, library=httpx2):
        self.answers, self.library, self.requests = list(answers), library, []

    def answer(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, dict):
            return self.library.Response(200, json=answer)
        if isinstance(answer, str):
            return self.library.Response(200, text=answer, headers={"content-type": "text/event-stream"})
        status, body, headers = answer
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.library.Response(status, content=content, headers=headers)

    async def aanswer(self, request):
        return self.answer(request)

    @property
    def bodies(self):
        return [json.loads(request.content) for request in self.requests]

    def model(self, kind=ChatOpenAI, **options):
        defaults = {} if kind is AzureChatOpenAI else {"model": "m", "base_url": "http://server.example/v1"}
        return kind(
            api_key="k3y-of-mine",
            http_client=self.library.Client(transport=self.library.MockTransport(self.answer)),
            http_async_client=self.library.AsyncClient(transport=self.library.MockTransport(self.aanswer)),
            **{**defaults, **options},
        )


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


def request(model, method="json_schema", **options):
    schema = SCHEMA if method in {"json_schema", "tool"} else None
    form = OutputFormat(method, "Answer", "An answer.", schema)
    return ChatRequest(resolve(model), (Message.system("Be brief."), Message.user("hi")), form, **options)


def replied(model, **options):
    return resolve(model).reply(request(model, **options))


def areplied(model, **options):
    return asyncio.run(resolve(model).areply(request(model, **options)))


def streamed(model, **options):
    return list(resolve(model).stream(request(model, **options)))


def astreamed(model, **options):
    async def pieces():
        return [chunk async for chunk in resolve(model).astream(request(model, **options))]

    return asyncio.run(pieces())


whole_ways = pytest.mark.parametrize("way", [replied, areplied])
stream_ways = pytest.mark.parametrize("way", [streamed, astreamed])
all_ways = pytest.mark.parametrize("way", [replied, areplied, streamed, astreamed])

STREAM = events(delta(role="assistant", content=""), delta(content="ye"), delta(content="s"), delta("stop"))


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
def test_the_request_is_the_one_that_langchain_sends(library, method, options, way):
    answer = STREAM if way in {streamed, astreamed} else completion()
    direct, usual = (Server(answer, library=library) for _ in range(2))
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


def test_requests_after_the_first_one_are_built_like_it_where_nothing_can_differ():
    plain, keyed = Server(completion()), Server(completion())
    model = plain.model()
    client = httpx2.Client(transport=httpx2.MockTransport(keyed.answer), auth=("me", "pass"))
    own = ChatOpenAI(model="m", base_url="http://server.example/v1", api_key="x", http_client=client)
    replied(model)
    replied(own)

    assert clients_of(model).sender._like is not None
    assert clients_of(own).sender._like is None


@whole_ways
@pytest.mark.parametrize("model_of", [Server.model, through_langchain])
def test_a_reply_is_read_with_all_that_it_tells(way, model_of):
    reply = way(model_of(Server(completion())))

    assert reply.message == Message.assistant("yes")
    assert (reply.finish_reason, reply.model, reply.id, reply.refusal) == ("stop", "m-1", "c-1", None)
    assert reply.usage == Usage(7, 3, 5, 2)


@whole_ways
def test_a_tool_call_keeps_its_arguments_as_they_came(way):
    call = {"id": "call-1", "type": "function", "function": {"name": "Answer", "arguments": '{"name": "Ada",}'}}
    reply = way(Server(completion(content=None, tool_calls=[call])).model(), method="tool")

    assert reply.message.tool_calls == (ToolCall("Answer", '{"name": "Ada",}', "call-1"),)


@whole_ways
def test_a_refusal_is_told(way):
    assert way(Server(completion(content=None, refusal="No.")).model()).refusal == "No."


@stream_ways
@pytest.mark.parametrize("model_of", [Server.model, through_langchain])
def test_a_stream_comes_piece_by_piece_with_its_bill(way, model_of):
    server = Server(events(delta(content="ye"), delta(content="s"), delta("stop"), {"choices": [], "usage": USAGE}))
    pieces = way(model_of(server))

    assert "".join(piece.text for piece in pieces) == "yes"
    assert sum((piece.usage for piece in pieces if piece.usage), Usage()) == Usage(7, 3, 5, 2)
    assert [piece.finish_reason for piece in pieces if piece.finish_reason] == ["stop"]
    assert server.bodies[0]["stream_options"] == {"include_usage": True}


@stream_ways
def test_refusals_and_tool_calls_are_streamed_too(way):
    call = {"tool_calls": [{"index": 0, "function": {"arguments": '{"na'}}]}
    pieces = way(Server(events(delta(refusal="No"), delta(refusal="."), delta(**call), delta("stop"))).model())

    assert "".join(piece.refusal or "" for piece in pieces) == "No."
    assert "".join(piece.text for piece in pieces) == '{"na'


@stream_ways
def test_a_server_that_does_not_stream_gives_all_at_once(way):
    assert [piece.text for piece in way(Server(completion()).model())] == ["yes"]


@all_ways
def test_callbacks_of_the_model_are_called(way):
    server, listener = Server(STREAM if way in {streamed, astreamed} else completion()), Listener()
    way(server.model(callbacks=[listener]))

    assert listener.runs == ["began", "ended"]
    assert (listener.pieces > 0) is (way in {streamed, astreamed})


def test_callbacks_of_the_run_around_a_call_are_called():
    model, listener = Server(completion()).model(), Listener()
    RunnableLambda(lambda _: replied(model)).invoke("x", config={"callbacks": [listener]})

    assert listener.runs == ["began", "ended"]


def test_callbacks_of_the_environment_are_called():
    model = Server(completion()).model()
    with get_usage_metadata_callback() as usage:
        replied(model)

    assert [told["total_tokens"] for told in usage.usage_metadata.values()] == [10]


@whole_ways
def test_the_cache_of_langchain_answers(way):
    server = Server(completion())
    model = server.model()
    set_llm_cache(InMemoryCache())
    try:
        first, second = way(model), way(model)
    finally:
        set_llm_cache(None)

    assert (first.cached, second.cached) == (False, True)
    assert len(server.requests) == 1


def test_a_cache_of_the_models_own_answers():
    server = Server(completion())
    model = server.model(cache=InMemoryCache())

    assert [replied(model).cached for _ in range(2)] == [False, True]


def test_a_rate_limiter_of_langchain_is_asked():
    asked = []

    class Limiter(InMemoryRateLimiter):
        def acquire(self, *, blocking=True):
            asked.append(blocking)
            return True

    replied(Server(completion()).model(rate_limiter=Limiter()))
    assert asked == [True]


def test_a_class_that_answers_in_its_own_way_does_so():
    class Own(ChatOpenAI):
        def _generate(self, messages, *args, **kwargs):
            result = super()._generate(messages, *args, **kwargs)
            result.generations[0].message.content += "!"
            return result

    assert replied(Server(completion()).model(Own)).message.content == "yes!"


def test_a_class_that_adds_nothing_to_the_way_is_answered_directly():
    class Named(ChatOpenAI):
        team: str = "blue"

    call = {"id": "1", "type": "function", "function": {"name": "Answer", "arguments": '{"a": 1,}'}}
    reply = replied(Server(completion(content=None, tool_calls=[call])).model(Named), method="tool")

    assert reply.message.tool_calls[0].arguments == '{"a": 1,}'


def test_azure_gets_its_own_address():
    server = Server(completion())
    options = {"azure_endpoint": "https://me.example", "azure_deployment": "d-1", "api_version": "2024-10-21"}

    assert replied(server.model(AzureChatOpenAI, **options)).message.content == "yes"
    assert server.requests[0].url.path == "/openai/deployments/d-1/chat/completions"


@pytest.mark.parametrize("options", [{"streaming": True}, {"n": 2}, {"verbose": True}])
def test_other_settings_go_through_langchain(options):
    answer = events(delta(content="yes"), delta("stop")) if "streaming" in options else completion()

    assert replied(Server(answer).model(**options)).message.content == "yes"


def test_changes_of_the_model_hold_at_once():
    server = Server(completion())
    model = server.model()
    replied(model)
    model.temperature = 0.7
    model.root_client.api_key = "an0ther-key"
    replied(model)

    assert server.bodies[1]["temperature"] == 0.7
    assert server.requests[1].headers["authorization"] == "Bearer an0ther-key"


def test_a_key_that_is_a_function_is_asked_each_time():
    keys = iter(["first-k3y", "second-k3y", "third-k3y"])
    server = Server(completion())
    client = httpx2.Client(transport=httpx2.MockTransport(server.answer))
    address = "http://server.example/v1"
    model = ChatOpenAI(model="m", base_url=address, api_key=lambda: next(keys), http_client=client)
    replied(model)
    replied(model)

    assert len({request.headers["authorization"] for request in server.requests}) == 2


def test_cookies_are_sent_back():
    server = Server((200, completion(), {"set-cookie": "session=7; Path=/", "content-type": "application/json"}))
    model = server.model()
    for _ in range(3):
        replied(model)

    assert [request.headers.get("cookie") for request in server.requests] == [None, "session=7", "session=7"]


def test_hooks_of_the_users_client_are_called_for_each_request():
    server, seen = Server(completion()), []
    hooks = {"request": [lambda request: seen.append(request.url.path)], "response": []}
    client = httpx2.Client(transport=httpx2.MockTransport(server.answer), event_hooks=hooks)
    model = ChatOpenAI(model="m", base_url="http://server.example/v1", api_key="x", http_client=client)
    for _ in range(3):
        replied(model)

    assert seen == ["/v1/chat/completions"] * 3


def test_the_account_is_the_key_and_the_address_and_tells_neither():
    one, same = (resolve(Server(completion()).model()) for _ in range(2))
    others = [
        resolve(Server(completion()).model(**options))
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


PAGE = b"<!DOCTYPE html><html><body>Log in, k3y-of-mine</body></html>"
JSON = {"content-type": "application/json"}


@all_ways
@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_a_page_is_no_model(way, kind):
    server = Server((200, PAGE, {"content-type": kind}))

    with pytest.raises(NotAModelError, match="Log in") as caught:
        way(server.model())
    assert not caught.value.retryable
    assert "k3y" not in str(caught.value) + caught.value.reply
    assert len(server.requests) == 1


NO_CHOICES = [b"", b"[]", b"{}", b'{"choices": []}', b'{"choices": null}', b'{"choices": [7]}']
DAMAGED = [
    *NO_CHOICES,
    pytest.param(b"\x00\xff\xfe garbage", id="garbage"),
    pytest.param(json.dumps(completion()).encode()[:-20], id="truncated"),
    pytest.param(b'{"choices": [{"message": "x"}]}', id="other message"),
    pytest.param(b'{"choices": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="deep"),
]


@whole_ways
@pytest.mark.parametrize("body", DAMAGED)
def test_what_is_no_completion_is_damage_and_may_be_asked_again(way, body):
    with pytest.raises(DamagedReplyError, match="'m' gave no reply") as caught:
        way(Server((200, body, JSON)).model())
    assert caught.value.retryable
    assert len(caught.value.reply) <= 2000


@whole_ways
def test_the_wrong_content_type_does_no_harm(way):
    assert way(Server((200, completion(), {"content-type": "text/plain"})).model()).message.content == "yes"


@whole_ways
def test_nul_and_lone_surrogates_are_text(way):
    body = json.dumps(completion(content="a\x00b\ud83d")).encode()

    assert way(Server((200, body, JSON)).model()).message.content == "a\x00b\ud83d"


ERRORS = [
    ({"message": "slow down", "code": "rate_limit_exceeded"}, RateLimitedError, 429, True),
    ({"message": "pay", "type": "insufficient_quota", "code": "insufficient_quota"}, RateLimitedError, 429, False),
    ({"message": "busy", "type": "overloaded_error"}, TransportError, 529, True),
    ({"message": "upstream", "code": 502}, TransportError, 502, True),
    ({"message": "bad", "type": "invalid_request_error"}, TransportError, 400, False),
    ({"message": "who knows"}, TransportError, None, False),
    ("down", TransportError, None, False),
]


@all_ways
@pytest.mark.parametrize(("error", "kind", "status", "retryable"), ERRORS)
def test_an_error_in_the_body_of_a_success_is_judged_by_its_code(way, error, kind, status, retryable):
    with pytest.raises(TransportError) as caught:
        way(Server((200, {"error": error}, JSON)).model(), method="prompt")
    assert (type(caught.value), caught.value.status, caught.value.retryable) == (kind, status, retryable)


@stream_ways
def test_an_error_in_mid_stream_ends_it(way):
    answer = events(delta(content="ye"), {"error": {"message": "overloaded", "code": "server_error"}}, end="")
    named = events(delta(content="ye"), end='event: error\ndata: {"message": "overloaded", "code": 503}\n\n')

    for stream, status in ((answer, 500), (named, 503)):
        with pytest.raises(TransportError, match="overloaded") as caught:
            way(Server(stream).model())
        assert (caught.value.status, caught.value.retryable) == (status, True)


@stream_ways
@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (events(delta(content="ye"), end=""), "broke off before its end"),
        ("", "holds no event"),
        (": keep-alive\n\n", "holds no event"),
        (events(delta(content="ye"), end="data: {broken\n\n"), "no JSON"),
    ],
)
def test_a_stream_without_an_end_is_damage(way, stream, words):
    with pytest.raises(DamagedReplyError, match=words) as caught:
        way(Server(stream).model())
    assert caught.value.retryable


@stream_ways
def test_a_stream_may_end_with_its_reason_alone(way):
    pieces = way(Server(events(delta(content="yes"), delta("stop"), end="")).model())
    assert "".join(piece.text for piece in pieces) == "yes"


@all_ways
def test_a_later_request_that_fails_tells_as_much_as_the_first_one(way):
    answer = STREAM if way in {streamed, astreamed} else completion()
    failure = (429, {"error": {"message": "slow down", "code": "x"}}, {**JSON, "retry-after": "7"})
    model = Server(answer, failure).model()
    way(model)

    with pytest.raises(RateLimitedError, match="slow down") as caught:
        way(model)
    assert (caught.value.status, caught.value.retryable, caught.value.retry_after) == (429, True, 7)
    assert type(caught.value.__cause__).__name__ == "RateLimitError"


@pytest.mark.parametrize("change", [("callbacks", 7), ("use_responses_api", True)])
def test_what_the_direct_way_cannot_do_is_left_to_langchain(change):
    model = Server(completion()).model()
    setattr(model, *change)

    with pytest.raises(TransportError, match="gave no reply"):
        replied(model, method="prompt")
