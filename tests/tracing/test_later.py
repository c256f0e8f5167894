"""Spans that are opened when somebody asks for them."""

from llm_strategy.tracing.capture import Capture
from llm_strategy.tracing.later import LaterSpan
from llm_strategy.tracing.prices import Prices
from llm_strategy.tracing.recording import attached_later, current_span, is_open_here, opened
from llm_strategy.tracing.session import Session
from llm_strategy.tracing.sinks import MemorySink
from llm_strategy.tracing.tracer import Tracer


def later():
    made = []

    def begin():
        session = Session(capture=Capture(), prices=Prices.known(), sink=MemorySink(), tracer=Tracer())
        made.append(current_span())
        return session.begin("later")

    return LaterSpan(begin), made


def test_nothing_is_made_where_nobody_asks():
    span, made = later()
    with attached_later(span):
        pass
    assert span.close() is None
    assert made == []


def test_whoever_asks_gets_the_same_span_and_opens_others_under_it():
    span, made = later()
    with attached_later(span):
        with opened("step", "inside") as inside:
            assert inside.parent is span.begun
        assert current_span() is span.begun
        assert is_open_here(span.begun)
        assert not is_open_here(inside)
    assert current_span() is None
    assert made == [None], "it is opened once, in the context in which it was made"
    assert span.close() is span.begun


def test_after_its_time_it_is_not_opened_any_more():
    span, made = later()
    span.close()
    with attached_later(span), opened("step", "late") as late:
        assert late is None
    assert made == []


def test_of_two_that_ask_at_once_both_get_the_first_one():
    spans = []

    def begin():
        session = Session(capture=Capture(), prices=Prices.known(), sink=MemorySink(), tracer=Tracer())
        if not spans:
            spans.append(None)
            spans[0] = span.asked()  # as another thread would, in the middle of it
        return session.begin("later")

    span = LaterSpan(begin)
    assert span.asked() is spans[0] is span.begun
