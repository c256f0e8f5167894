"""Placing the watch between a client and its transports, and leaving all else as it is."""

import asyncio
import copy
import threading

import httpx
import httpx2
import pytest
from langchain_openai import ChatOpenAI

from llm_strategy.chat import resolve
from llm_strategy.chat.http import Guard, guarding, watch
from llm_strategy.flow import ChatRequest
from llm_strategy.messages import Message

libraries = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


@libraries
def test_usual_clients_end_in_time_whatever_their_routes(library):
    assert watch(library.Client())
    assert watch(library.Client(mounts={"http://": library.HTTPTransport(), "all://local": None}))
    assert watch(library.Client(proxy="http://proxy.example:3128"))


@libraries
def test_others_do_not(library):
    mock = library.MockTransport(lambda request: library.Response(200))

    assert not watch(library.Client(transport=mock))
    assert not watch(library.Client(mounts={"http://": mock}))
    assert not watch(library.AsyncClient())
    assert not watch(object())
    assert not watch(None)


def test_a_connection_of_several_requests_is_no_connection_of_one():
    class Pool:
        _network_backend = httpx2.HTTPTransport()._pool._network_backend
        _http2 = True

    client = httpx2.Client()
    client._transport._pool = Pool()

    assert not watch(client)


@libraries
def test_a_client_is_watched_once(library):
    client = library.Client()
    watch(client)
    transport, network = client._transport, client._transport.transport._pool._network_backend

    assert watch(client)
    assert client._transport is transport
    assert transport.transport._pool._network_backend is network


@libraries
def test_a_watched_client_opens_closes_and_tells_as_before(library):
    mock = library.MockTransport(lambda request: library.Response(200, text="yes"))
    mock.mark = "mine"
    client = library.Client(transport=mock)
    watch(client)

    with client as opened:
        assert opened.get("http://server.example").text == "yes"
        with guarding(Guard("m", 5)):
            assert opened.get("http://server.example").text == "yes"
    assert client.is_closed
    assert client._transport.mark == copy.copy(client._transport).mark == "mine"


@libraries
def test_a_watched_async_client_opens_closes_and_tells_as_before(library):
    async def answer(request):
        return library.Response(200, text="yes")

    async def run():
        mock = library.MockTransport(answer)
        mock.mark = "mine"
        client = library.AsyncClient(transport=mock)
        watch(client)
        async with client as opened:
            assert (await opened.get("http://server.example")).text == "yes"
            with guarding(Guard("m", 5)):
                assert (await opened.get("http://server.example")).text == "yes"
        assert client.is_closed
        assert client._transport.mark == "mine"

        assert copy.copy(client._transport).mark == "mine"

    asyncio.run(run())


@libraries
def test_a_request_asks_for_what_is_unpacked_unless_it_asks_for_nothing(library):
    asked = []

    def answer(request):
        asked.append(request.headers.get("accept-encoding"))
        return library.Response(200)

    client = library.Client(transport=library.MockTransport(answer))
    watch(client)
    with guarding(Guard("m")):
        client.get("http://server.example", headers={"accept-encoding": "br, zstd"})
        client.get("http://server.example", headers={"accept-encoding": "identity"})

    assert asked == ["gzip, deflate", "identity"]


@pytest.mark.loopback
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_stream_ends_where_the_server_says_so_and_stays_silent(serve, asynchronous):
    closed = threading.Event()
    event = b'data: {"choices": [{"delta": {"content": "yes"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
    head = b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"

    def answer(connection, number):
        connection.sendall(head + b"%x\r\n%s\r\n" % (len(event), event))
        if not connection.recv(1):
            closed.set()
            raise ValueError

    server = serve(answer)
    model = resolve(ChatOpenAI(model="m", base_url=server.url, api_key="k"))
    request = ChatRequest(model, (Message.user("hi"),), timeout=20)

    async def pieces():
        return [chunk async for chunk in model.astream(request)]

    chunks = asyncio.run(pieces()) if asynchronous else list(model.stream(request))
    assert "".join(chunk.text for chunk in chunks) == "yes"
    assert closed.wait(5)  # a connection that has more to say serves no other request
    assert len(server.bodies) == 1
