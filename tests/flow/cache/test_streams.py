"""Streamed replies that are kept, and known replies that are streamed."""

from llm_strategy import caching, trace
from llm_strategy.flow import Emit, NextChunk, OpenStream, iterate, run
from llm_strategy.messages import Message, Reply
from llm_strategy.tracing import semconv


def asked(request):
    return (yield request)


def leaves(t):
    return [one for one in t.spans if one.kind == "chat"]


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


def test_a_known_stream_leaves_a_span_too(drive, model, path):
    with caching(path):
        drive(streamed(model.request()))
        with trace() as t:
            drive(streamed(model.request()))
    (leaf,) = leaves(t)
    assert (leaf.attributes[semconv.CACHE_HIT], leaf.attributes[semconv.STREAMED]) == (True, True)
    assert t.totals.cache_hits == 1
