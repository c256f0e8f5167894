"""One model in one event loop after the other, as every script does that calls `asyncio.run` twice."""

import asyncio
import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import httpx2
import pytest
from langchain_openai import ChatOpenAI

from llm_strategy.chat import resolve
from llm_strategy.chat.http.loops import Loops
from llm_strategy.flow import ChatRequest
from llm_strategy.messages import Message


def pooled():
    return SimpleNamespace(_pool=SimpleNamespace(_connections=["old"], _requests=["old"]))


async def enter(loops, transport):
    loops.entered(transport)


def test_connections_of_a_closed_loop_are_dropped():
    loops, transport = Loops(), pooled()

    asyncio.run(enter(loops, transport))
    assert (transport._pool._connections, transport._pool._requests) == (["old"], ["old"])
    asyncio.run(enter(loops, transport))
    assert (transport._pool._connections, transport._pool._requests) == ([], [])


def test_connections_of_a_loop_that_goes_on_are_kept():
    loops, transport = Loops(), pooled()

    async def twice():
        loops.entered(transport)
        loops.entered(transport)

    with asyncio.Runner() as first, asyncio.Runner() as second:
        first.run(twice())
        second.run(twice())
    assert transport._pool._connections == ["old"]


def test_loops_that_run_at_once_have_connections_of_their_own():
    loops, transport = Loops(), pooled()

    async def entered():
        return loops.entered(transport)

    with asyncio.Runner() as first, asyncio.Runner() as second:
        assert first.run(entered()) is transport
        other = second.run(entered())
        assert other is second.run(entered())
        assert first.run(entered()) is transport
    assert (other._pool._connections, transport._pool._connections) == ([], ["old"])

    with asyncio.Runner() as third:
        assert third.run(entered()) is transport
        assert loops._others == {}


@pytest.mark.parametrize("transport", [SimpleNamespace(), SimpleNamespace(_pool=SimpleNamespace(_connections=()))])
def test_a_pool_of_another_kind_is_left_as_it_is(transport):
    before = repr(transport)
    loops = Loops()

    asyncio.run(enter(loops, transport))
    asyncio.run(enter(loops, transport))
    assert repr(transport) == before


@pytest.fixture
def model_of():
    """Makes a model with a client of its own, and sees to it that both are gone before the next test.

    langchain would keep the client, with connections that nobody can close in order once their loops are closed: they
    would be told of in whatever test comes to drop them.
    """
    clients = []

    def made(server):
        client = httpx2.AsyncClient()
        clients.append(weakref.ref(client))
        return resolve(ChatOpenAI(model="m", base_url=server.url, api_key="k", http_async_client=client))

    yield made
    gc.collect()
    assert [client() for client in clients] == [None]


@pytest.mark.loopback
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_model_answers_in_each_loop_and_is_asked_once(serve, whole, model_of):
    server = serve(whole)
    model = model_of(server)

    async def ask(last):
        try:
            return (await ChatRequest(model, (Message.user("hi"),)).aperform()).message.content
        finally:
            if last:
                await model.model.root_async_client.close()

    assert [asyncio.run(ask(last)) for last in (False, False, True)] == ["yes"] * 3
    assert len(server.bodies) == 3


@pytest.mark.loopback
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_model_answers_in_loops_that_run_at_once(serve, whole, model_of):
    met = threading.Barrier(3, timeout=20)

    def answer(connection, number):
        if number <= 3:
            met.wait()  # all loops have a connection then
        connection.sendall(whole)

    server = serve(answer)
    model = model_of(server)

    async def ask():
        request = ChatRequest(model, (Message.user("hi"),))
        return [(await model.areply(request)).message.content for _ in range(4)]

    with ThreadPoolExecutor(3) as threads:
        found = [threads.submit(asyncio.run, ask()) for _ in range(3)]
        assert [one.result() for one in found] == [["yes"] * 4] * 3
