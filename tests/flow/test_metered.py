"""Counting what goes to models."""

import asyncio

import pytest

from llm_strategy.flow import ChatRequest, NextChunk, OpenStream, arun, layered, run
from llm_strategy.flow.metered import Meter
from llm_strategy.flow.ranks import CACHE
from llm_strategy.messages import Chunk, Message, Reply, Usage


class Model:
    provider = "local"
    name = "metered"

    def __init__(self, pieces=(), reply=None):
        self.pieces, self.answer = pieces, reply

    def reply(self, request):
        return self.answer

    async def areply(self, request):
        return self.answer

    def stream(self, request):
        yield from self.pieces

    async def astream(self, request):
        for piece in self.pieces:
            yield piece


def asking(model, *, streamed=False):
    request = ChatRequest(model, (Message.user("x"),))
    if not streamed:
        return (yield request)
    stream = yield OpenStream(request)
    while (yield NextChunk(stream)) is not None:
        pass
    return None


@pytest.mark.parametrize("streamed", [False, True])
def test_tokens_of_replies_are_counted(driver, streamed):
    usage = Usage(10, 5)
    model = Model((Chunk("x"), Chunk(usage=usage)), Reply(Message.assistant("x"), usage=usage))
    meter = Meter()

    with layered(meter):
        driver.run(asking(model, streamed=streamed))
        driver.run(asking(model, streamed=streamed))

    assert meter.usage == Usage(20, 10)
    assert meter.spent() == (30, 0.0)


@pytest.mark.parametrize("streamed", [False, True])
def test_what_a_cache_of_the_model_knew_costs_nothing(driver, streamed):
    usage = Usage(10, 5)
    model = Model((Chunk(usage=usage, cached=True),), Reply(Message.assistant("x"), usage=usage, cached=True))
    meter = Meter()

    with layered(meter):
        driver.run(asking(model, streamed=streamed))

    assert meter.spent() == (0, 0.0)


def test_a_layer_that_answers_by_itself_costs_nothing():
    def known(request, path, onward):
        return Reply(Message.assistant("x"), usage=Usage(9, 9))
        yield

    known.rank = CACHE
    meter = Meter()
    with layered(meter), layered(known):
        run(asking(Model()))
    assert meter.spent() == (0, 0.0)


def test_a_price_that_is_not_known_makes_the_cost_unknown():
    model = Model(reply=Reply(Message.assistant("x"), usage=Usage(10, 5), model="nobody knows"))
    model.provider = ""
    meter = Meter()
    with layered(meter):
        asyncio.run(arun(asking(model)))
    assert meter.spent() == (15, None)


def test_closing_a_stream_closes_that_of_the_model(driver):
    closed = []

    class Pieces(Model):
        def stream(self, request):
            try:
                yield Chunk("x")
                yield Chunk("y")
            finally:
                closed.append(True)

        async def astream(self, request):
            try:
                yield Chunk("x")
                yield Chunk("y")
            finally:
                closed.append(True)

    def one():
        stream = yield OpenStream(ChatRequest(Pieces(), (Message.user("x"),)))
        return (yield NextChunk(stream))

    with layered(Meter()):
        assert driver.run(one()) == Chunk("x")
    assert closed == [True]
