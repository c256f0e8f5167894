"""Servers that drip, that never end, and that send too much: every request ends, and leaves no connection behind."""

import asyncio
import contextvars
import gzip
import json
import threading
import time
import zlib

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_openai import ChatOpenAI

from llm_strategy.chat import resolve
from llm_strategy.errors import DamagedReplyError, TimedOutError, TransportError
from llm_strategy.flow import ChatRequest
from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import stoppable
from llm_strategy.messages import Message

pytestmark = [pytest.mark.loopback, pytest.mark.allow_hosts(["127.0.0.1"])]


class Quiet(BaseCallbackHandler):
    """A callback: langchain's own way is taken."""


def model_of(server, way):
    model = ChatOpenAI(model="m", base_url=server.url, api_key="k3y-of-mine")
    if way.endswith("langchain"):
        model.callbacks = [Quiet()]
    return model


def asked(model, way, timeout=None):
    request = ChatRequest(resolve(model), (Message.user("hi"),), timeout=timeout)
    if way.startswith("async"):
        return asyncio.run(_asked(model, request))
    if way.startswith("stream"):
        return "".join(chunk.text for chunk in resolve(model).stream(request))
    return request.perform().message.content


async def _asked(model, request):
    try:
        return (await request.aperform()).message.content
    finally:
        await model.root_async_client.close()


ways = pytest.mark.parametrize("way", ["sync", "async", "sync langchain", "async langchain"])
sync_ways = pytest.mark.parametrize("way", ["sync", "sync langchain", "stream", "stream langchain"])


def drip_of(data, ended=None):
    def drip(connection, number):
        for index in range(len(data)):
            connection.sendall(data[index : index + 1])
            time.sleep(0.05)
        if ended is not None:
            ended.append(number)

    return drip


def mute(connection, number):
    connection.recv(1)


@ways
@pytest.mark.parametrize("place", ["head", "body", "nothing"])
def test_a_server_that_drips_is_left_in_time(serve, whole, way, place):
    head, _, body = whole.partition(b"\r\n\r\n")
    ended = []

    def answer(connection, number):
        if place == "nothing":
            mute(connection, number)
        elif place == "body":
            connection.sendall(head + b"\r\n\r\n")
            drip_of(body, ended)(connection, number)
        else:
            drip_of(head, ended)(connection, number)

    server = serve(answer)
    model = model_of(server, way)

    with pytest.raises(TimedOutError, match=r"'m' gave no whole reply (with)?in 0\.3 s") as caught:
        asked(model, way, timeout=0.3)
    assert caught.value.retryable
    assert server.wait_until_closed()
    assert ended == []


def test_a_connection_that_is_used_again_ends_in_time_too(serve, whole):
    def answer(connection, number):
        connection.sendall(whole) if number == 1 else drip_of(whole)(connection, number)

    model = model_of(serve(answer), "sync")

    assert asked(model, "sync", timeout=5) == "yes"
    with pytest.raises(TimedOutError):
        asked(model, "sync", timeout=0.3)


def test_a_user_who_asks_the_model_himself_is_not_limited(serve, respond):
    server = serve(respond(b'{"choices": [' + b" " * 33 * 2**20 + b"]}"))
    model = model_of(server, "sync")
    assert resolve(model).keeps_time  # the client is watched from here on

    assert model.root_client.post("/any", cast_to=str, body={}).startswith("{")


def test_a_sync_client_keeps_time_and_one_with_a_transport_of_the_users_own_does_not():
    import httpx2

    own = httpx2.Client(transport=httpx2.MockTransport(lambda request: httpx2.Response(500)))

    assert resolve(ChatOpenAI(model="m", api_key="x")).keeps_time
    assert not resolve(ChatOpenAI(model="m", api_key="x", http_client=own)).keeps_time


@ways
def test_a_reply_that_is_too_large_is_not_read_to_its_end(serve, way):
    sent = []

    def answer(connection, number):
        connection.sendall(b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: 104857600\r\n\r\n")
        for _ in range(1600):
            connection.sendall(b" " * 65536)
            sent.append(65536)

    server = serve(answer)
    with pytest.raises(DamagedReplyError, match="more than 32 MiB") as caught:
        asked(model_of(server, way), way)
    assert caught.value.retryable
    assert server.wait_until_closed()
    assert sum(sent) < 45 * 2**20


def bomb():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(b" " * 2**20) for _ in range(200)), packer.flush()])


@ways
def test_a_small_body_that_unpacks_to_a_large_one_ends_at_the_limit(serve, respond, way):
    data = bomb()
    assert len(data) < 2**18

    with pytest.raises(DamagedReplyError, match="more than 32 MiB"):
        asked(model_of(serve(respond(data, "content-encoding: gzip")), way), way)


@ways
@pytest.mark.parametrize(
    ("pack", "name"),
    [
        (gzip.compress, "gzip"),
        (lambda data: gzip.compress(data[:20]) + gzip.compress(data[20:]), "x-gzip"),
        (lambda data: gzip.compress(data) + b"\0\0", "GZIP"),
        (zlib.compress, "deflate"),
        (lambda data: zlib.compress(data, wbits=-15), "deflate"),
        (lambda data: data, "identity"),
    ],
    ids=["gzip", "two parts", "padded", "zlib", "bare deflate", "plain"],
)
def test_packed_replies_are_read(serve, respond, whole, way, pack, name):
    body = pack(whole.partition(b"\r\n\r\n")[2])
    server = serve(respond(body, f"content-encoding: {name}"))

    assert asked(model_of(server, way), way) == "yes"
    assert server.heads[0]["accept-encoding"] == "gzip, deflate"


@ways
@pytest.mark.parametrize(
    ("body", "name", "words"),
    [
        (gzip.compress(b'{"a": "bcd"}')[:-12], "gzip", "ends in the middle"),
        (b"no gzip at all", "gzip", "cannot be unpacked"),
        (b"x", "br", "packed as 'br', which was not asked for"),
        (b"x", "gzip, gzip", "'gzip, gzip'"),
    ],
)
def test_what_cannot_be_unpacked_is_damage(serve, respond, way, body, name, words):
    with pytest.raises(DamagedReplyError, match=words) as caught:
        asked(model_of(serve(respond(body, f"content-encoding: {name}")), way), way)
    assert caught.value.retryable


@sync_ways
def test_a_thread_that_is_told_to_end_leaves_its_socket_at_once(serve, way):
    reached = threading.Event()

    def answer(connection, number):
        reached.set()
        mute(connection, number)

    server, ended = serve(answer), []
    with stoppable() as stop:
        model = model_of(server, way)

        def work():
            try:
                asked(model, way)
            except BaseException as error:  # noqa: BLE001
                ended.append(error)

        thread = threading.Thread(target=contextvars.copy_context().run, args=(work,))
        thread.start()
        assert reached.wait(30)
        stop.set()
        thread.join(30)

    assert not thread.is_alive()
    assert [type(error) for error in ended] == [Cancelled]
    assert server.wait_until_closed()


def test_a_request_of_work_that_is_over_is_not_sent(serve, whole):
    server = serve(whole)
    with stoppable() as stop:
        stop.set()
        with pytest.raises(Cancelled):
            asked(model_of(server, "sync"), "sync")
    assert server.bodies == []


@pytest.mark.parametrize("way", ["sync", "async", "sync langchain", "async langchain", "stream", "stream langchain"])
def test_a_request_is_sent_once(serve, respond, way):
    server = serve(respond(json.dumps({"error": {"message": "down"}}).encode(), status=503))

    with pytest.raises(TransportError, match="down") as caught:
        asked(model_of(server, way), way)
    assert len(server.bodies) == 1
    assert caught.value.retryable
    assert caught.value.status == 503
