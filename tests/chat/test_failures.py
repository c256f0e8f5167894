"""From what libraries raise to our errors: what may be sent again, when, and what was said, without secrets."""

import json
import socket
import ssl

import httpx
import httpx2
import openai
import pytest
from langchain_openai import ChatOpenAI

from llm_strategy.chat import resolve
from llm_strategy.chat.causes import causes, kind_of
from llm_strategy.chat.failures import no_reply, turns_form_down
from llm_strategy.errors import (
    DamagedReplyError,
    RateLimitedError,
    TimedOutError,
    TransportError,
    UnsupportedError,
)
from llm_strategy.flow import ChatRequest, OutputFormat
from llm_strategy.messages import Message

REQUEST = httpx2.Request("POST", "http://server.example/v1/chat/completions")


def status_error(status, body=None, headers=None):
    body = {"error": {"message": "simulated", "code": "x"}} if body is None else body
    response = httpx2.Response(status, json=body, headers=headers, request=REQUEST)
    client = openai.OpenAI(api_key="x", base_url="http://server.example/v1")
    return client._make_status_error_from_response(response)


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        *((status, TransportError, False) for status in (400, 401, 403, 404, 405, 413, 422)),
        *((status, TransportError, True) for status in (409, 425, 500, 501, 502, 503, 504, 529)),
        (408, TimedOutError, True),
        (429, RateLimitedError, True),
    ],
)
def test_the_status_says_what_may_be_sent_again(status, kind, retryable):
    error = no_reply(status_error(status), "m", object())

    assert (type(error), error.status, error.retryable) == (kind, status, retryable)
    assert json.loads(error.reply) == {"error": {"message": "simulated", "code": "x"}}


def test_a_quota_that_is_used_up_is_not_asked_again():
    body = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
    error = no_reply(status_error(429, body), "m", object())

    assert (type(error), error.retryable) == (RateLimitedError, False)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"retry-after": "7"}, 7), ({"retry-after-ms": "20"}, 0.02), ({"retry-after": "nan"}, None), ({}, None)],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_time_to_wait_is_read(headers, seconds, status):
    assert no_reply(status_error(status, headers=headers), "m", object()).retry_after == seconds


@pytest.mark.parametrize(
    ("status", "said", "retryable"), [(400, "true", True), (503, "false", False), (503, "x", True)]
)
def test_the_server_has_the_last_word(status, said, retryable):
    assert no_reply(status_error(status, headers={"x-should-retry": said}), "m", object()).retryable is retryable


def raised(error, cause=None):
    try:
        raise error from cause
    except type(error) as caught:
        return caught


FAILURES = [
    pytest.param(raised(openai.APITimeoutError(REQUEST), httpx2.ReadTimeout("slow")), "late", id="read timeout"),
    pytest.param(httpx.ConnectTimeout("slow"), "late", id="connect timeout"),
    pytest.param(TimeoutError("slow"), "late", id="of Python"),
    pytest.param(
        raised(openai.APIConnectionError(request=REQUEST), httpx2.ConnectError("x")), "unreachable", id="refused"
    ),
    pytest.param(httpx.ReadError("reset"), "unreachable", id="reset"),
    pytest.param(ConnectionResetError(), "unreachable", id="reset, of Python"),
    pytest.param(socket.gaierror(-2, "Name or service not known"), "unreachable", id="no such name"),
    pytest.param(ssl.SSLError("handshake"), "unreachable", id="TLS"),
    pytest.param(
        httpx2.RemoteProtocolError("Server disconnected without sending a response."), "unreachable", id="before"
    ),
    pytest.param(
        httpx2.RemoteProtocolError("peer closed connection without sending complete message body"),
        "damaged",
        id="within",
    ),
    pytest.param(httpx.DecodingError("bad gzip"), "damaged", id="packed"),
    pytest.param(json.JSONDecodeError("x", "y", 0), "damaged", id="no JSON"),
    pytest.param(KeyError("Response missing 'choices' key"), "damaged", id="no choices"),
    pytest.param(
        raised(openai.APIConnectionError(request=REQUEST), ssl.SSLCertVerificationError("x")), "lasting", id="cert"
    ),
    pytest.param(httpx2.UnsupportedProtocol("ftp"), "lasting", id="no HTTP"),
    pytest.param(RuntimeError("a bug"), "lasting", id="a bug"),
    pytest.param(KeyError("name"), "lasting", id="another bug"),
]
KINDS = {
    "late": (TimedOutError, True),
    "damaged": (DamagedReplyError, True),
    "unreachable": (TransportError, True),
    "lasting": (TransportError, False),
}


@pytest.mark.parametrize(("failure", "kind"), FAILURES)
def test_failures_without_a_status_are_judged_by_their_causes(failure, kind):
    error = no_reply(failure, "m", object())

    assert kind_of(failure) == kind
    assert (type(error), error.retryable) == KINDS[kind]
    assert error.status is None


def test_the_first_cause_is_told():
    failure = raised(openai.APIConnectionError(request=REQUEST), httpx2.ConnectError("[Errno 111] Connection refused"))

    assert "Connection error. (ConnectError: [Errno 111] Connection refused)" in str(no_reply(failure, "m", object()))


def test_an_error_of_ours_among_the_causes_is_the_error():
    own = TimedOutError("late", retryable=True)

    assert no_reply(raised(openai.APIConnectionError(request=REQUEST), own), "m", object()) is own


def test_a_circle_of_causes_ends():
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one

    assert len(list(causes(one))) == 12


def test_a_long_answer_is_kept_in_part_and_without_secrets():
    model = ChatOpenAI(model="m", api_key="k3y-of-mine-1234")
    body = {"error": {"message": "x" * 1900 + " k3y-of-mine-1234 " + "y" * 5000}}
    error = no_reply(status_error(500, body), "m", model)

    assert len(error.reply) == 2000
    assert "k3y" not in error.reply + str(error)
    assert len(str(error)) < 600


def test_an_answer_that_was_not_read_is_none():
    class Unread(Exception):
        status_code = 500
        response = httpx2.Response(500, stream=httpx2.ByteStream(b"x"))

    assert no_reply(Unread("down"), "m", object()).reply in {"", "x"}


@pytest.mark.parametrize(
    ("name", "words", "turned"),
    [
        ("m", "response_format is not supported by m", True),
        ("m", "This model does not support tools", True),
        ("tool-7b", "The model `tool-7b` does not exist", False),
        ("json_schema", "The model json_schema does not exist", False),
        ("", "tools are not supported", True),
    ],
)
def test_the_name_of_a_model_says_nothing_about_forms(name, words, turned):
    assert turns_form_down(status_error(400, {"error": {"message": words}}), name) is turned


def test_a_model_with_a_short_name_steps_down():
    def answer(request):
        return httpx2.Response(400, json={"error": {"message": "'response_format' is not supported with this model"}})

    client = httpx2.Client(transport=httpx2.MockTransport(answer))
    model = ChatOpenAI(model="m", base_url="http://server.example/v1", api_key="x", http_client=client)
    form = OutputFormat("json_schema", "Answer", "", {"type": "object"})

    with pytest.raises(UnsupportedError, match="turned the structured-output method 'json_schema' down"):
        resolve(model).reply(ChatRequest(resolve(model), (Message.user("hi"),), form))
    assert "json_schema" not in resolve(model).profile.methods
