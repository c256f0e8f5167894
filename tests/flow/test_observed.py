"""Streamed and whole replies as leaves of a trace, in both drivers."""

import pytest

from llm_strategy.errors import TransportError
from llm_strategy.flow import ChatRequest, Emit, NextChunk, OpenStream, Profile, layered
from llm_strategy.messages import Chunk, Message, Reply, Usage
from llm_strategy.tracing import semconv, span, trace
from llm_strategy.tracing.recording import current_span, opened


class Model:
    """Streams the pieces that it is given; an error among them is raised."""

    name, provider, profile = "modelled", "ours", Profile()

    def __init__(self, *pieces, fails_to_open=False):
        self.pieces, self.fails_to_open = pieces, fails_to_open
        self.closed = 0

    def reply(self, request):
        with span("inside"):
            return Reply(Message.assistant("whole"), "stop", usage=Usage(3, 2))

    async def areply(self, request):
        return self.reply(request)

    def stream(self, request):
        if self.fails_to_open:
            raise TransportError("not opened")
        return self._stream()

    def _stream(self):
        try:
            for piece in self.pieces:
                with span("piece"):
                    pass
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
        finally:
            self.closed += 1

    def astream(self, request):
        if self.fails_to_open:
            raise TransportError("not opened")
        return self._astream()

    async def _astream(self):
        for piece in self._stream():
            yield piece


def asking(model):
    return ChatRequest(model, (Message.user("hi"),))


def streaming(model):
    stream = yield OpenStream(asking(model))
    text = ""
    while (chunk := (yield NextChunk(stream))) is not None:
        text += chunk.text
        yield Emit(text)
    return text


def leaf(t):
    (one,) = [one for one in t.spans if one.kind == "chat"]
    return one


PIECES = (
    Chunk(""),
    Chunk("Par", model="modelled-2"),
    Chunk("is"),
    Chunk("", finish_reason="stop"),
    Chunk(usage=Usage(10, 4)),
)


def test_a_whole_reply_is_a_leaf_and_the_model_works_inside_of_it(driver):
    def flow():
        return (yield asking(Model()))

    with trace() as t:
        driver.run(flow())

    assert [(one.name, one.kind) for one in t.spans[1:]] == [("chat modelled", "chat"), ("inside", "step")]
    assert t.spans[2].parent == leaf(t).span
    assert leaf(t).attributes[semconv.PROVIDER] == "ours"
    assert (t.totals.input_tokens, t.totals.output_tokens) == (3, 2)


def test_a_streamed_reply_is_a_leaf_with_all_that_its_pieces_told(driver):
    with trace() as t:
        assert driver.run(streaming(Model(*PIECES))) == "Paris"

    one = leaf(t)
    assert one.status == "ok"
    assert one.data(semconv.OUTPUT_MESSAGES)[0]["parts"][0]["content"] == "Paris"
    assert one.attributes[semconv.FINISH_REASONS] == ("stop",)
    assert one.attributes[semconv.RESPONSE_MODEL] == "modelled-2"
    assert one.attributes[semconv.STREAMED] is True
    assert (t.totals.input_tokens, t.totals.output_tokens, t.totals.chats) == (10, 4, 1)
    assert {each.parent for each in t.spans if each.name == "piece"} == {one.span}


def test_the_first_piece_is_the_first_that_says_anything(driver):
    with trace() as t:
        driver.run(streaming(Model(Chunk(""), Chunk("", finish_reason="stop"))))
    assert semconv.FIRST_CHUNK not in leaf(t).attributes

    with trace() as t:
        driver.run(streaming(Model(*PIECES)))
    assert 0 <= leaf(t).attributes[semconv.FIRST_CHUNK] <= leaf(t).seconds


def test_a_refusal_comes_in_pieces_too(driver):
    with trace() as t:
        driver.run(streaming(Model(Chunk(refusal="I "), Chunk(refusal="won't."))))

    assert leaf(t).data(semconv.OUTPUT_MESSAGES)[0]["parts"][-1] == {"type": "refusal", "content": "I won't."}


def test_a_streamed_reply_out_of_a_cache_costs_nothing(driver):
    with trace() as t:
        driver.run(streaming(Model(Chunk("Paris", cached=True))))

    assert (t.totals.cache_hits, t.totals.input_tokens, t.totals.unpriced) == (1, 0, 0)


def test_a_stream_that_is_closed_early_is_told_and_closed(driver):
    model = Model(*PIECES)
    with trace() as t:
        assert driver.first(streaming(model), 2) == ["", "Par"]

    assert (leaf(t).status, leaf(t).message) == ("unset", "closed before its end")
    assert leaf(t).attributes[semconv.CANCELLED] is True
    assert leaf(t).data(semconv.OUTPUT_MESSAGES)[0]["parts"][0]["content"] == "Par"
    assert model.closed == 1


def test_a_stream_that_breaks_is_an_error_with_what_came_of_it(driver):
    with trace() as t, pytest.raises(TransportError, match="broke"):
        driver.run(streaming(Model(Chunk("Pa"), TransportError("broke"))))

    assert (leaf(t).status, leaf(t).message) == ("error", "TransportError: broke")
    assert leaf(t).data(semconv.OUTPUT_MESSAGES)[0]["parts"][0]["content"] == "Pa"


def test_a_stream_that_breaks_at_once_has_no_reply(driver):
    with trace() as t, pytest.raises(TransportError):
        driver.run(streaming(Model(TransportError("broke"))))

    assert leaf(t).status == "error"
    assert semconv.OUTPUT_MESSAGES not in leaf(t).attributes


def test_a_stream_that_is_not_opened_is_an_error(driver):
    with trace() as t, pytest.raises(TransportError):
        driver.run(streaming(Model(fails_to_open=True)))

    assert (leaf(t).status, leaf(t).message) == ("error", "TransportError: not opened")


def test_what_is_pulled_after_the_end_changes_nothing(driver):
    def flow():
        stream = yield OpenStream(asking(Model(Chunk("a"))))
        for _ in range(3):
            yield NextChunk(stream)

    with trace() as t:
        driver.run(flow())

    assert leaf(t).status == "ok"
    assert t.totals.chats == 1


def test_what_a_layer_answers_has_no_leaf(driver):
    def cache(request, path, onward):
        return Reply(Message.assistant("known"))
        yield

    def flow():
        return (yield asking(Model()))

    with trace() as t, layered(cache):
        driver.run(flow())

    assert t.totals.chats == 0


def test_a_layer_that_asks_twice_has_two_leaves(driver):
    def again(request, path, onward):
        yield from onward(request)
        return (yield from onward(request))

    def flow():
        with opened("step", "flow"):
            return (yield asking(Model()))

    with trace() as t, layered(again):
        driver.run(flow())

    assert [one.kind for one in t.spans] == ["session", "step", "chat", "step", "chat", "step"]


def test_other_requests_are_not_recorded(driver, tell):
    def flow():
        return (yield tell(1))

    with trace() as t, layered(lambda request, path, onward: onward(request)):
        assert driver.run(flow()) == 1
    assert len(t.spans) == 1


def test_nothing_is_wrapped_where_nothing_is_traced(driver):
    assert driver.run(streaming(Model(*PIECES))) == "Paris"
    assert current_span() is None
