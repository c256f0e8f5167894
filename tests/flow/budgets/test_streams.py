"""Streamed replies are paid for at their end, however it comes."""

import asyncio

import pytest

from llm_strategy.errors import BudgetExceededError, RateLimitedError, TimedOutError
from llm_strategy.flow import Emit, NextChunk, OpenStream, Stream, aiterate, iterate, layered
from llm_strategy.messages import Chunk


def reading(request):
    stream = yield OpenStream(request)
    while True:
        chunk = yield NextChunk(stream)
        if chunk is None:
            return
        yield Emit(chunk)


async def _taken(flow, count):
    chunks, taken = aiterate(flow), []
    try:
        async for chunk in chunks:
            taken.append(chunk)
            if len(taken) == count:
                break
    finally:
        await chunks.aclose()
    return taken


def _itaken(flow, count):
    chunks, taken = iterate(flow), []
    try:
        for chunk in chunks:
            taken.append(chunk)
            if len(taken) == count:
                break
    finally:
        chunks.close()
    return taken


@pytest.fixture(params=["sync", "async"])
def read(request):
    """Reads so many pieces of a stream in either driver, and closes it."""
    take = _itaken if request.param == "sync" else lambda flow, count: asyncio.run(_taken(flow, count))
    return lambda wanted, count=None: take(reading(wanted), count)


def test_a_stream_is_paid_for_by_its_bill(read, billed, request_to, opened):
    scope, spent = opened(tokens=5_000)
    with scope:
        assert len(read(request_to(billed()))) == 31

    assert (spent.calls, spent.tokens, spent.estimated) == (1, 40, 0)


def test_of_a_stream_that_is_closed_early_what_was_read_is_estimated(read, billed, request_to, opened):
    scope, spent = opened(tokens=5_000)
    with scope:
        read(request_to(billed()), 5)

    assert (spent.calls, spent.tokens, spent.estimated) == (1, 28 + 5, 1)
    assert spent.left.tokens == 5_000 - 33


def test_a_stream_without_a_bill_is_estimated(read, billed, request_to, opened):
    scope, spent = opened(tokens=5_000)
    with scope:
        read(request_to(billed(silent=True)))

    assert (spent.tokens, spent.estimated) == (28 + 30, 1)


def test_a_stream_keeps_to_what_is_left(read, billed, request_to, opened):
    model = billed(wanted=5_000)
    scope, spent = opened(tokens=1_000)
    with scope, pytest.raises(BudgetExceededError, match="the reply was cut off"):
        read(request_to(model))

    assert spent.tokens == model.tokens <= 1_000


@pytest.mark.parametrize(("error", "tokens"), [(RateLimitedError("slower"), 0), (TimedOutError("late"), 28)])
def test_a_stream_that_fails_at_its_beginning_costs_what_may_have_been_billed(
    read, billed, request_to, opened, error, tokens
):
    scope, spent = opened(tokens=5_000)
    with scope, pytest.raises(type(error)):
        read(request_to(billed(wanted=0, error=error)))

    assert (spent.calls, spent.tokens) == (1, tokens)


def test_a_stream_that_fails_in_the_middle_costs_what_was_read(read, billed, request_to, opened):
    scope, spent = opened(tokens=5_000)
    with scope, pytest.raises(RateLimitedError):
        read(request_to(billed(error=RateLimitedError("slower"))))

    assert (spent.calls, spent.tokens) == (1, 28 + 30)


def test_a_stream_that_is_refused_is_not_sent(read, billed, request_to, opened):
    model = billed()
    scope, spent = opened(calls=0)
    with scope, pytest.raises(BudgetExceededError):
        read(request_to(model))

    assert model.sent == []
    assert spent.calls == 0


def test_a_stream_out_of_a_cache_costs_nothing(read, billed, request_to, opened):
    def cache(request, path, onward):
        if isinstance(request, OpenStream):
            return Stream.of([Chunk("known", "stop", cached=True)])
        return (yield from onward(request))

    cache.rank = 60
    scope, spent = opened(calls=1)
    with scope, layered(cache):
        read(request_to(billed()))

    assert (spent.calls, spent.tokens) == (0, 0)


def test_who_reads_a_stream_may_ask_meanwhile_or_is_refused(billed, request_to, opened):
    scope, spent = opened(tokens=400)
    with scope:
        outer = iterate(reading(request_to(billed(), max_tokens=100)))
        next(outer)
        assert len(list(iterate(reading(request_to(billed(), max_tokens=100))))) == 31
        next(outer)
        with pytest.raises(BudgetExceededError):
            list(iterate(reading(request_to(billed(), "x" * 300, max_tokens=100))))
        list(outer)

    assert spent.tokens == 80
