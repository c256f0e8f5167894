"""The cache between requests and models, in both drivers."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_strategy import caching, llm_function, trace
from llm_strategy.errors import AttemptsExhaustedError, ConfigurationError, TimedOutError, TransportError
from llm_strategy.flow import Emit, NextChunk, OpenStream, Parallel, arun, carried, iterate, layered, run
from llm_strategy.flow.cache.flights import Flight
from llm_strategy.flow.cache.layer import CacheLayer
from llm_strategy.flow.cache.options import CacheOptions
from llm_strategy.flow.cache.shared import borrowed
from llm_strategy.flow.cache.work import WaitFor
from llm_strategy.flow.fingerprint import fingerprint
from llm_strategy.flow.forgetting import Forget
from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import stoppable
from llm_strategy.messages import Message, Reply, Usage
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import semconv


async def until(true):
    while not true():  # noqa: ASYNC110 (threads and loops of every kind set it)
        await asyncio.sleep(0)


def test_the_same_question_is_asked_once(drive, asking, model, path):
    with caching(path):
        first = drive(asking(model.request()))
        second = drive(asking(model.request()))
    assert (first.cached, first.usage) == (False, Usage(10, 2))
    assert (second.cached, second.usage, second.message) == (True, Usage(), first.message)
    assert model.asked == ["capital?"]


def test_what_is_kept_is_there_for_the_next_program(drive, asking, models, path):
    with caching(path):
        drive(asking(models().request()))
    other = models("another answer")
    with caching(path):
        assert drive(asking(other.request())).message.content == "Paris"
    assert not other.asked


@pytest.mark.parametrize("changed", [{"sample": 1}, {"messages": (Message.user("other"),)}], ids=["sample", "messages"])
def test_another_request_is_another_question(drive, asking, model, path, changed):
    from dataclasses import replace

    with caching(path):
        drive(asking(model.request()))
        assert not drive(asking(replace(model.request(), **changed))).cached
    assert len(model.asked) == 2


def test_a_function_may_stay_out_of_the_cache(drive, asking, model, path):
    with caching(path):
        for _ in range(2):
            assert not drive(asking(model.request(cached=False))).cached
    assert len(model.asked) == 2


def test_a_cache_may_be_for_those_functions_only_that_ask_for_it(drive, asking, model, path):
    with caching(path, every=False):
        for _ in range(2):
            drive(asking(model.request()))
        for _ in range(2):
            drive(asking(model.request(cached=True)))
    assert len(model.asked) == 3


def test_without_reading_all_is_asked_again_and_kept_anew(drive, asking, models, path):
    with caching(path):
        drive(asking(models("old").request()))
    with caching(path, read=False):
        drive(asking(models("new").request()))
    with caching(path):
        assert drive(asking(models().request())).message.content == "new"


def test_without_writing_nothing_is_kept(drive, asking, model, path):
    with caching(path, write=False):
        for _ in range(2):
            drive(asking(model.request()))
    with caching(path, read=False, write=False):
        drive(asking(model.request()))
    assert len(model.asked) == 3


def test_the_innermost_cache_counts(drive, asking, model, tmp_path):
    with caching(tmp_path / "outer.db"), caching(tmp_path / "inner.db"):
        drive(asking(model.request()))
    with caching(tmp_path / "outer.db"):
        assert not drive(asking(model.request())).cached


@pytest.mark.parametrize(
    "limits", [{"ttl": -1}, {"max_bytes": -1}, {"ttl": "1h"}, {"max_bytes": None}, {"ttl": float("nan")}]
)
def test_a_limit_that_is_none_is_told_at_once(path, limits):
    with pytest.raises(ConfigurationError, match=next(iter(limits))), caching(path, **limits):
        pass


@pytest.mark.parametrize(
    "reply",
    [
        Reply(Message.assistant("Par"), "length"),
        Reply(Message.assistant(""), "stop"),
        Reply(Message.assistant(""), refusal="No."),
    ],
    ids=["cut off", "empty", "refused"],
)
def test_what_is_no_whole_reply_is_asked_for_again(drive, asking, models, path, reply):
    model = models(reply)
    with caching(path):
        for _ in range(2):
            assert drive(asking(model.request())) == reply
    assert len(model.asked) == 2


def test_an_error_is_not_kept(drive, asking, models, path):
    model = models(TransportError("down"))
    with caching(path):
        for _ in range(2):
            with pytest.raises(TransportError, match="down"):
                drive(asking(model.request()))
    assert len(model.asked) == 2


def test_a_model_that_does_not_say_what_it_is_in_json_is_not_cached(drive, asking, models, path, warned):
    class Strange(models):
        identity = {"client": object()}

    model = Strange()
    with caching(path):
        for _ in range(2):
            drive(asking(model.request()))
    assert len(model.asked) == 2
    assert "no JSON" in warned()[0]


def spoil(path, key, data):
    from llm_strategy.flow.cache.entry import Entry

    with borrowed(path) as cache:
        cache.store.put(Entry(key=key, data=data), 2**20)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"message": 3}',
        '{"message": {"role": "pope"}}',
        '{"__class__": "os.system"}',
        "[" * 10_000,
        '{"message": {"role": "assistant"}, "usage": {"input_tokens": -1}}',
    ],
    ids=range(9),
)
def test_what_is_no_reply_is_a_miss_and_makes_place(drive, asking, model, path, data):
    request = model.request()
    with caching(path):
        spoil(path, fingerprint(request), data)
        assert drive(asking(request)).message.content == "Paris"
        assert drive(asking(request)).cached
    assert len(model.asked) == 1


# --- one request for all who ask at the same time


def test_tasks_share_one_request(model, path):
    async def all_at_once():
        return await asyncio.gather(*(arun(asked(model.request())) for _ in range(20)))

    with caching(path):
        replies = asyncio.run(all_at_once())
    assert len(model.asked) == 1
    assert sorted(reply.cached for reply in replies) == [False] + [True] * 19


def asked(request):
    return (yield request)


def test_threads_and_loops_share_one_request(model, path):
    model.hold = threading.Event()

    def in_loop():
        return asyncio.run(arun(asked(model.request())))

    def in_thread():
        return run(asked(model.request()))

    with caching(path), ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(carried(call)) for call in (in_loop, in_thread) * 4]
        while not model.asked:
            pass
        model.hold.set()
        replies = [future.result() for future in futures]
    assert len(model.asked) == 1
    assert sum(not reply.cached for reply in replies) == 1


def test_flows_side_by_side_share_one_request(drive, model, path):
    def flow():
        return (yield Parallel([asked(model.request()) for _ in range(5)]))

    with caching(path):
        drive(flow())
    assert len(model.asked) == 1


def test_where_one_fails_the_next_one_tries_and_not_all_at_once(models, path):
    answers = iter([TransportError("down"), TransportError("down"), "Paris"])
    model = models(lambda _: next(answers))

    async def all_at_once():
        calls = (arun(asked(model.request())) for _ in range(10))
        return await asyncio.gather(*calls, return_exceptions=True)

    with caching(path):
        results = asyncio.run(all_at_once())
    assert len(model.asked) == 3
    assert sum(isinstance(one, TransportError) for one in results) == 2


def test_a_reply_that_is_not_kept_is_for_nobody_else(models, path):
    model = models(Reply(Message.assistant("Par"), "length"))

    async def all_at_once():
        return await asyncio.gather(*(arun(asked(model.request())) for _ in range(5)))

    with caching(path):
        asyncio.run(all_at_once())
    assert len(model.asked) == 5


def test_who_is_cancelled_while_he_asks_leaves_it_to_the_next_one(models, path):
    model = models(hold=threading.Event())

    async def all_at_once():
        first = asyncio.ensure_future(arun(asked(model.request())))
        await until(lambda: model.asked)
        second = asyncio.ensure_future(arun(asked(model.request())))
        await asyncio.sleep(0.01)
        first.cancel()
        model.hold.set()
        return await second

    with caching(path):
        assert asyncio.run(all_at_once()).message.content == "Paris"
    assert len(model.asked) == 2


def test_who_waits_may_be_cancelled(models, path):
    model = models(hold=threading.Event())

    async def all_at_once():
        first = asyncio.ensure_future(arun(asked(model.request())))
        await until(lambda: model.asked)
        second = asyncio.ensure_future(arun(asked(model.request())))
        await asyncio.sleep(0.01)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        model.hold.set()
        return await first

    with caching(path):
        assert asyncio.run(all_at_once()).message.content == "Paris"


def test_a_reply_that_came_is_kept_even_where_nobody_wants_it_any_more(model, path):
    """The asker is told to end while the model answers: the flow gets the reply, and no further request is made."""
    with caching(path):
        with stoppable() as stop:
            model.answer = lambda _: stop.set() or "Paris"
            with pytest.raises(Cancelled):
                run(asked(model.request()))
        assert run(asked(model.request())).cached
    assert len(model.asked) == 1


def test_waiting_ends_with_the_work_around_it(path):
    flight = Flight()
    result = []

    def waits():
        with stoppable() as stop:
            threading.Timer(0.01, stop.set).start()
            try:
                WaitFor(flight).perform()
            except Cancelled as error:
                result.append(type(error).__name__)

    thread = threading.Thread(target=waits)
    thread.start()
    thread.join(20)
    assert result == ["Cancelled"]


def test_nobody_waits_for_himself(models, path):
    """A sync call inside a task waits for nothing that only its own thread could finish."""
    model = models(hold=threading.Event())

    async def outer():
        first = asyncio.ensure_future(arun(asked(model.request())))
        await until(lambda: model.asked)
        model.hold.set()
        inner = run(asked(model.request()))
        return inner, await first

    with caching(path):
        inner, first = asyncio.run(outer())
    assert (inner.message, len(model.asked)) == (first.message, 2)


@pytest.mark.parametrize("limit", ["timeout", "deadline"])
def test_waiting_for_another_ends_in_time(models, path, limit):
    import time

    model = models(hold=threading.Event())

    async def both():
        first = asyncio.ensure_future(arun(asked(model.request())))
        await until(lambda: model.asked)
        limits = {limit: 0.02 if limit == "timeout" else time.monotonic() + 0.02}
        with pytest.raises(TimedOutError):
            await arun(asked(model.request(**limits)))
        model.hold.set()
        await first

    with caching(path):
        asyncio.run(both())
    assert len(model.asked) == 1


def leased_elsewhere(path, request):
    """A lease of another process that is alive: the one that started this one."""
    import os

    with borrowed(path) as cache:
        cache.store.claim(fingerprint(request), "token of another process")
        writer = cache.store._database.writer
        writer.execute("UPDATE leases SET process = ?", (os.getppid(),))


def test_what_another_process_asks_for_is_waited_for(drive, asking, model, path):
    request = model.request()
    with caching(path):
        leased_elsewhere(path, request)

        def brings():
            from llm_strategy.flow.cache.known import entry_of

            with borrowed(path) as cache:
                entry = entry_of(request, Reply(Message.assistant("from elsewhere"), "stop"), fingerprint(request))
                cache.store.put(entry, 2**20, "token of another process")

        timer = threading.Timer(0.05, brings)
        timer.start()
        reply = drive(asking(request))
        timer.join()
    assert (reply.message.content, reply.cached) == ("from elsewhere", True)
    assert not model.asked


def test_where_another_process_gives_up_this_one_asks(drive, asking, model, path):
    request = model.request()
    with caching(path):
        leased_elsewhere(path, request)

        def gives_up():
            with borrowed(path) as cache:
                cache.store.release(fingerprint(request), "token of another process")

        timer = threading.Timer(0.05, gives_up)
        timer.start()
        reply = drive(asking(request))
        timer.join()
    assert (reply.message.content, reply.cached) == ("Paris", False)


def test_waiting_for_another_process_ends_in_time(drive, asking, model, path):
    request = model.request(timeout=0.03)
    with caching(path):
        leased_elsewhere(path, request)
        with pytest.raises(TimedOutError):
            drive(asking(request))


# --- streams


def streamed(request):
    stream = yield OpenStream(request)
    pieces = []
    while (chunk := (yield NextChunk(stream))) is not None:
        pieces.append(chunk)
        yield Emit(chunk)
    return pieces


def text(pieces):
    return "".join(piece.text for piece in pieces)


def test_a_whole_streamed_reply_is_kept_and_streamed_again(drive, model, path):
    with caching(path):
        first, second = drive(streamed(model.request())), drive(streamed(model.request()))
    assert (text(first), text(second), len(model.asked)) == ("Paris", "Paris", 1)
    assert not any(piece.cached for piece in first)
    assert all(piece.cached and piece.usage is None for piece in second)


def test_whole_and_streamed_replies_are_known_to_each_other(drive, asking, models, path):
    model = models()
    with caching(path):
        drive(streamed(model.request("a")))
        drive(asking(model.request("b")))
        assert drive(asking(model.request("a"))).cached
        assert all(piece.cached for piece in drive(streamed(model.request("b"))))
    assert model.asked == ["a", "b"]


def test_a_stream_that_is_closed_early_is_not_kept(model, path):
    with caching(path):
        values = iterate(streamed(model.request()))
        next(values)
        values.close()
        assert not run(asked(model.request())).cached


def test_a_stream_without_an_end_is_not_kept(drive, asking, models, path):
    model = models(Reply(Message.assistant("Par")))
    with caching(path):
        drive(streamed(model.request()))
        assert not drive(asking(model.request())).cached


def test_a_stream_is_not_kept_where_nothing_is_written(drive, asking, model, path):
    with caching(path, write=False):
        drive(streamed(model.request()))
        assert not drive(asking(model.request())).cached


def test_a_stream_may_end_after_its_scope(model, path):
    with caching(path):
        values = iterate(streamed(model.request()))
        next(values)
    assert text(values) == "aris"
    with caching(path):
        assert run(asked(model.request())).cached


# --- forgetting


def test_what_led_to_no_value_is_forgotten(drive, asking, model, path):
    request, other = model.request("a"), model.request("b")
    with caching(path):
        drive(asking(request))
        drive(asking(other))
        drive(asking(Forget((request, model.request("c", cached=False)))))
        assert not drive(asking(request)).cached
        assert drive(asking(other)).cached


def test_there_is_nothing_to_forget_without_a_cache(drive, asking, model, path):
    assert drive(asking(Forget((model.request(),)))) is None
    with caching(path, write=False):
        assert drive(asking(Forget((model.request(),)))) is None


@llm_function
def number(model, text: str) -> int:
    """Return the number."""
    raise NotImplementedError


def test_a_call_that_failed_is_tried_anew(path):
    model = ScriptedModel(["none", "none", "7"])
    twice = number.using(attempts=2)
    with caching(path):
        with pytest.raises(AttemptsExhaustedError):
            twice(model, "seven")
        assert twice(model, "seven") == 7
    assert len(model.asked) == 3


def test_a_call_that_needed_a_second_attempt_is_free_as_a_whole(path):
    model = ScriptedModel(["none", "7"])
    with caching(path):
        assert [number(model, "seven") for _ in range(3)] == [7, 7, 7]
    assert len(model.asked) == 2


def test_votes_are_not_collapsed(path):
    from llm_strategy import Direct, SelfConsistency

    model = ScriptedModel(["1", "2", "2"])
    voting = number.using(reasoning=SelfConsistency(samples=3, inner=Direct()))
    with caching(path):
        assert [voting(model, "x") for _ in range(2)] == [2, 2]
    assert len(model.asked) == 3


def test_a_function_says_whether_it_takes_part(path):
    model = ScriptedModel(["1", "2"])
    with caching(path):
        assert [number.using(cached=False)(model, "x") for _ in range(2)] == [1, 2]


# --- traces


def leaves(t):
    return [one for one in t.spans if one.kind == "chat"]


def test_a_known_reply_leaves_a_span_without_usage_and_cost(drive, asking, model, path):
    with caching(path):
        drive(asking(model.request()))
        with trace() as t:
            drive(asking(model.request()))
    (leaf,) = leaves(t)
    assert leaf.attributes[semconv.CACHE_HIT] is True
    assert semconv.INPUT_TOKENS not in leaf.attributes
    assert semconv.COST not in leaf.attributes
    assert (t.totals.cache_hits, t.totals.input_tokens, t.totals.unmeasured, t.totals.unpriced) == (1, 0, 0, 0)
    assert leaf.data(semconv.OUTPUT_MESSAGES)[0]["parts"][0]["content"] == "Paris"


def test_a_known_stream_leaves_a_span_too(drive, model, path):
    with caching(path):
        drive(streamed(model.request()))
        with trace() as t:
            drive(streamed(model.request()))
    (leaf,) = leaves(t)
    assert (leaf.attributes[semconv.CACHE_HIT], leaf.attributes[semconv.STREAMED]) == (True, True)
    assert t.totals.cache_hits == 1


def test_what_is_asked_leaves_the_span_of_the_model_only(drive, asking, model, path):
    with caching(path), trace() as t:
        drive(asking(model.request()))
    (leaf,) = leaves(t)
    assert semconv.CACHE_HIT not in leaf.attributes
    assert t.totals.input_tokens == 10


def test_a_layer_below_never_sees_what_is_known(drive, asking, model, path):
    seen = []

    def below(request, where, onward):
        seen.append(request)
        return onward(request)

    below.rank = 40
    with caching(path), layered(below):
        for _ in range(3):
            drive(asking(model.request()))
    assert len(seen) == 1


def test_other_requests_pass(drive, asking, path):
    class Tell:
        def perform(self):
            return 3

        async def aperform(self):
            return 3

    with caching(path):
        assert drive(asking(Tell())) == 3


def test_a_layer_works_without_its_scope(model, path):
    """As one that was carried out of it does: the file is opened for each request."""
    with layered(CacheLayer(CacheOptions(path))):
        assert [run(asked(model.request())).cached for _ in range(2)] == [False, True]
