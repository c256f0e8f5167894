"""One model in one event loop after the other, as every script does that calls `asyncio.run` twice."""

import asyncio
import gc
from types import SimpleNamespace

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


@pytest.mark.parametrize("transport", [SimpleNamespace(), SimpleNamespace(_pool=SimpleNamespace(_connections=()))])
def test_a_pool_of_another_kind_is_left_as_it_is(transport):
    before = repr(transport)
    loops = Loops()

    asyncio.run(enter(loops, transport))
    asyncio.run(enter(loops, transport))
    assert repr(transport) == before


@pytest.mark.loopback
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_model_answers_in_each_loop_and_is_asked_once(serve, whole):
    server = serve(whole)
    model = resolve(ChatOpenAI(model="m", base_url=server.url, api_key="k"))

    async def ask(last):
        try:
            return (await ChatRequest(model, (Message.user("hi"),)).aperform()).message.content
        finally:
            if last:
                await model.model.root_async_client.close()

    assert [asyncio.run(ask(last)) for last in (False, False, True)] == ["yes"] * 3
    assert len(server.bodies) == 3
    gc.collect()  # the loops are closed, and nobody can close the connections in order
