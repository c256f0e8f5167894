"""What the way around langchain does with pages, damage, errors, and streams that break off."""

import json
from traceback import format_exception

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from llm_strategy.errors import (
    ConfigurationError,
    DamagedReplyError,
    NotAModelError,
    RateLimitedError,
    TransportError,
    UnsupportedError,
)


def completion(**message):
    choice = {"index": 0, "message": {"role": "assistant", "content": "yes", **message}, "finish_reason": "stop"}
    return {"id": "c-1", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [choice]}


def events(*bodies, end="data: [DONE]\n\n"):
    base = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m-1"}
    return "".join(f"data: {json.dumps({**base, **body})}\n\n" for body in bodies) + end


def delta(finish=None, **fields):
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


whole_ways = pytest.mark.parametrize("way", ["replied", "areplied"], indirect=True)
stream_ways = pytest.mark.parametrize("way", ["streamed", "astreamed"], indirect=True)
all_ways = pytest.mark.parametrize("way", ["replied", "areplied", "streamed", "astreamed"], indirect=True)

STREAM = events(delta(content="yes"), delta("stop"))
PAGE = b"<!DOCTYPE html><html><body>Log in, k3y-of-mine</body></html>"
JSON = {"content-type": "application/json"}


@all_ways
@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_a_page_is_no_model(way, kind, playing):
    server = playing((200, PAGE, {"content-type": kind}))

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
def test_what_is_no_completion_is_damage_and_may_be_asked_again(way, body, playing):
    with pytest.raises(DamagedReplyError, match="'m' gave no reply") as caught:
        way(playing((200, body, JSON)).model())
    assert caught.value.retryable
    assert len(caught.value.reply) <= 2000


@whole_ways
def test_the_wrong_content_type_does_no_harm(way, playing):
    assert way(playing((200, completion(), {"content-type": "text/plain"})).model()).message.content == "yes"


@whole_ways
def test_nul_and_lone_surrogates_are_text(way, playing):
    body = json.dumps(completion(content="a\x00b\ud83d")).encode()

    assert way(playing((200, body, JSON)).model()).message.content == "a\x00b\ud83d"


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
def test_an_error_in_the_body_of_a_success_is_judged_by_its_code(way, error, kind, status, retryable, playing):
    with pytest.raises(TransportError) as caught:
        way(playing((200, {"error": error}, JSON)).model(), method="prompt")
    assert (type(caught.value), caught.value.status, caught.value.retryable) == (kind, status, retryable)


@stream_ways
def test_an_error_in_mid_stream_ends_it(way, playing):
    answer = events(delta(content="ye"), {"error": {"message": "overloaded", "code": "server_error"}}, end="")
    named = events(delta(content="ye"), end='event: error\ndata: {"message": "overloaded", "code": 503}\n\n')

    for stream, status in ((answer, 500), (named, 503)):
        with pytest.raises(TransportError, match="overloaded") as caught:
            way(playing(stream).model())
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
def test_a_stream_without_an_end_is_damage(way, stream, words, playing):
    with pytest.raises(DamagedReplyError, match=words) as caught:
        way(playing(stream).model())
    assert caught.value.retryable


@stream_ways
def test_a_stream_may_end_with_its_reason_alone(way, playing):
    pieces = way(playing(events(delta(content="yes"), delta("stop"), end="")).model())
    assert "".join(piece.text for piece in pieces) == "yes"


@all_ways
def test_a_later_request_that_fails_tells_as_much_as_the_first_one(way, playing):
    answer = STREAM if "stream" in way.__name__ else completion()
    failure = (429, {"error": {"message": "slow down", "code": "x"}}, {**JSON, "retry-after": "7"})
    model = playing(answer, failure).model()
    way(model)

    with pytest.raises(RateLimitedError, match="slow down") as caught:
        way(model)
    assert (caught.value.status, caught.value.retryable, caught.value.retry_after) == (429, True, 7)
    assert type(caught.value.__cause__).__name__ == "RateLimitError"


@all_ways
@pytest.mark.parametrize("status", [400, 401, 500])
def test_no_traceback_shows_a_key_that_the_server_repeats(way, status, playing):
    error = {"message": "The key k3y-of-mine does not fit the schema.", "code": "x"}
    with pytest.raises((TransportError, UnsupportedError), match=r"\*\*\*") as caught:
        way(playing((status, {"error": error}, JSON)).model())
    assert "k3y-of-mine" not in "".join(format_exception(caught.value))


@all_ways
@pytest.mark.parametrize("callbacks", [None, [BaseCallbackHandler()]], ids=["direct", "langchain"])
def test_an_argument_that_no_client_knows_is_a_matter_of_configuration(way, callbacks, playing):
    server = playing(STREAM if "stream" in way.__name__ else {"choices": []})
    with pytest.raises(ConfigurationError, match=r"no argument 'foo'.*`extra_body`"):
        way(server.model(model_kwargs={"foo": 1}, callbacks=callbacks))
    assert server.requests == []
