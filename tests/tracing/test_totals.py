"""Sums over traces, at the end and while they grow."""

import math
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import SpanRecord
from llm_strategy.tracing.totals import RunningTotals, totals_of

USAGE = {semconv.INPUT_TOKENS: 10, semconv.OUTPUT_TOKENS: 2, semconv.COST: 0.1}


def span(name, parent=None, kind="chat", *, start=1, end=2, **changes):
    return SpanRecord("t", name, parent, name, kind, start, end, **changes)


def chat(name, parent=None, **changes):
    attributes = {**USAGE, **changes.pop("attributes", {})}
    return span(
        name, parent, attributes={key: value for key, value in attributes.items() if value is not None}, **changes
    )


def running(spans):
    totals = RunningTotals()
    for one in spans:
        totals.add(one)
    return totals.totals


def both(spans):
    """Totals, which have to be the same in both ways."""
    found = totals_of(spans)
    assert running(spans) == found
    return found


def test_usage_is_summed_over_chats_only():
    carried_up = dict.fromkeys(USAGE, 1000)
    found = both([chat("a", "f"), chat("b", "f"), span("f", None, "function", attributes=carried_up)])
    assert (found.input_tokens, found.output_tokens, found.tokens, found.cost) == (20, 4, 24, 0.2)
    assert (found.calls, found.chats) == (1, 2)


@pytest.mark.parametrize("between", [[], ["function"], ["step", "attempt"]])
def test_a_chat_around_other_chats_is_not_counted(between):
    spans = [chat("inner", "0" if between else "outer")]
    spans += [span(str(n), str(n + 1) if n + 1 < len(between) else "outer", kind) for n, kind in enumerate(between)]
    found = both([*spans, chat("outer", None, attributes={semconv.COST: 9.0})])
    assert (found.chats, found.cost, found.input_tokens) == (1, 0.1, 10)


def test_an_unknown_price_makes_the_cost_unknown():
    found = both([chat("a"), chat("b", attributes={semconv.COST: None})])
    assert (found.cost, found.known_cost, found.unpriced) == (None, 0.1, 1)


@pytest.mark.parametrize(
    ("attributes", "unmeasured"),
    [
        (dict.fromkeys(USAGE), 1),
        ({semconv.COST: None}, 0),
        ({semconv.OUTPUT_TOKENS: None}, 0),
        ({semconv.INPUT_TOKENS: math.nan, semconv.OUTPUT_TOKENS: "2"}, 1),
        ({**dict.fromkeys(USAGE), semconv.CACHE_HIT: True}, 0),
    ],
    ids=["nothing", "no price", "only the prompt", "no numbers", "from a cache"],
)
def test_replies_that_reported_no_tokens_are_counted(attributes, unmeasured):
    assert both([chat("a"), chat("b", attributes=attributes)]).unmeasured == unmeasured


def test_an_open_chat_has_nothing_to_report():
    assert both([chat("a", attributes=dict.fromkeys(USAGE), end=None)]).unmeasured == 0


def test_a_failed_chat_may_have_been_billed():
    found = both([chat("a"), chat("b", status="error", attributes=dict.fromkeys(USAGE))])
    assert (found.cost, found.known_cost, found.unpriced, found.unmeasured) == (None, 0.1, 1, 1)


@pytest.mark.parametrize(
    "unbilled",
    [
        chat("b", attributes={semconv.CACHE_HIT: True, **dict.fromkeys(USAGE)}),
        chat("b", end=None, attributes=dict.fromkeys(USAGE)),
    ],
    ids=["cached", "open"],
)
def test_a_chat_without_a_reply_of_its_own_needs_no_price(unbilled):
    assert both([chat("a"), unbilled]).cost == 0.1


def test_a_failed_chat_that_was_billed_counts():
    found = both([chat("a", status="error")])
    assert (found.cost, found.errors) == (0.1, 1)


def test_cache_hits_and_kinds_of_tokens_are_counted():
    kinds = {semconv.CACHED_TOKENS: 7, semconv.REASONING_TOKENS: 1, semconv.CACHE_HIT: True}
    found = both([chat("a", attributes=kinds)])
    assert (found.cache_hits, found.cached_tokens, found.reasoning_tokens) == (1, 7, 1)


def test_retries_are_attempts_after_the_first():
    attempts = [span(str(n), None, "attempt", attributes={semconv.ATTEMPT: n}) for n in (1, 2, 3)]
    assert both([*attempts, span("x", None, "attempt")]).retries == 2


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -1, 10**400, 1e300, "12", True, None, [1], {}])
def test_numbers_that_cannot_be_are_not_counted(number):
    found = both([chat("a", attributes=dict.fromkeys(USAGE, number))])
    assert (found.tokens, found.known_cost, found.cost) == (0, 0, None)


def test_the_sum_of_costs_does_not_depend_on_their_order():
    draw = random.Random(3)
    chats = [chat(str(n), attributes={semconv.COST: draw.random() * 10 ** draw.randint(-9, 3)}) for n in range(300)]
    expected = both(chats).cost
    for _ in range(5):
        draw.shuffle(chats)
        assert both(chats).cost == expected
    assert both([chat("a"), chat("b", attributes={semconv.COST: 0.2})]).cost == 0.3


def test_time_is_from_the_first_beginning_to_the_last_end():
    spans = [
        span("a", None, "step", start=5_000_000_000, end=6_000_000_000),
        span("b", None, "step", start=1_000_000_000, end=None),
    ]
    assert both(spans).seconds == 5
    assert both([span("b", None, "step", end=None)]).seconds == 0
    assert both([span("b", None, "step", start=5, end=1)]).seconds == 0
    assert both([]).seconds == 0


def test_a_span_that_is_there_twice_counts_once():
    opened, closed = chat("a", end=None), chat("a")
    assert (
        totals_of([opened, closed]) == totals_of([closed, opened]) == running([opened, closed]) == totals_of([closed])
    )


def test_chats_in_a_circle_are_counted_somehow():
    assert totals_of([chat("a", "a")]).chats == 1
    assert totals_of([chat("a", "b"), chat("b", "a")]).chats == 1


def test_open_spans_count_while_they_are_under_way():
    totals = RunningTotals()
    totals.add(span("outer", None, "chat", end=None))
    totals.add(span("f", "outer", "function", end=None))
    assert (totals.totals.calls, totals.totals.chats) == (1, 1)
    totals.add(chat("inner", "f"))
    assert (totals.totals.calls, totals.totals.chats, totals.totals.cost) == (1, 1, 0.1)
    totals.add(chat("waiting", "f", end=None, attributes=dict.fromkeys(USAGE)))
    assert (totals.totals.chats, totals.totals.cost) == (2, 0.1)


def random_spans(seed):
    """A random tree, in the order in which its spans end; some are still open."""
    draw = random.Random(seed)
    kinds = ["function", "prompt", "attempt", "chat", "chat", "tool", "step"]
    spans, clock = [], 0

    def grow(parent, depth):
        nonlocal clock
        clock += 1
        name, start = f"n{clock}", clock
        opened = False
        for _ in range(draw.randint(0, 3) if depth < 5 else 0):
            opened |= grow(name, depth + 1)
        clock += 1
        opened |= draw.random() < 0.03
        kind = "session" if parent is None else draw.choice(kinds)
        attributes = {
            semconv.INPUT_TOKENS: draw.choice([None, 1, 100, math.nan]),
            semconv.COST: draw.choice([None, 0.1, 0.25, 1e-9]),
            semconv.CACHE_HIT: draw.random() < 0.1,
            semconv.ATTEMPT: draw.randint(1, 3),
        }
        status = draw.choice(["ok", "unset", "error"])
        spans.append(
            span(name, parent, kind, start=start, end=None if opened else clock, status=status, attributes=attributes)
        )
        return opened

    grow(None, 0)
    return [one for one in spans if one.end is not None] + [one for one in spans if one.end is None]


def test_running_totals_are_those_of_all_spans_at_every_moment():
    for seed in range(150):
        spans = random_spans(seed)
        totals = RunningTotals()
        for number, one in enumerate(spans, 1):
            totals.add(one)
            if number % 7 == 0 or number == len(spans):
                known = spans[:number]
                # a parent that is not there yet says nothing: what is known is the same
                assert totals.totals == totals_of(known), seed


def test_running_totals_hold_nothing_of_what_has_ended():
    totals = RunningTotals()
    for one in sorted(sample_trace(200).spans, key=lambda one: one.end):
        totals.add(one)
    assert not totals._around
    assert not totals._open


def test_threads_may_add_at_once():
    totals = RunningTotals()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(totals.add, [chat(str(number), "gone") for number in range(4000)]))
    assert (totals.totals.chats, totals.totals.cost) == (4000, 400)


def test_rows_of_calls_sum_up_what_is_below_them():
    trace = RecordedTrace.of(
        [
            span("s", None, "session"),
            span("f", "s", "function", attributes={semconv.FUNCTION: "m.f"}, start=2, end=2_000_000_002),
            chat("a", "f", start=3),
            span("t", "f", "tool", start=4),
            span("g", "t", "function", start=5, end=None),
            chat("outer", "g", start=6),
            chat("b", "outer", start=7, attributes={semconv.COST: None}),
            span("r", "g", "attempt", attributes={semconv.ATTEMPT: 2}, start=8),
        ]
    )
    first, second = trace.calls()
    assert (first.span, first.name, first.seconds, first.chats, first.tokens, first.cost) == (
        "f",
        "m.f",
        2.0,
        2,
        24,
        None,
    )
    assert (second.name, second.seconds, second.chats, second.retries, second.cost) == ("g", None, 1, 1, None)
    assert trace.calls()[0].as_dict()["input_tokens"] == 20
    assert [row.name for row in trace.functions()] == ["m.f", "g"]
    assert (trace.functions()[1].seconds, trace.functions()[0].cost) == (None, None)


def test_rows_of_calls_hold_their_own_hyperparameters_scores_and_errors():
    def row(**changes):
        return RecordedTrace.of([span("f", None, "function", **changes)]).calls()[0]

    own = {semconv.FUNCTION: "m.f", semconv.HYPERPARAMETERS: '{"m.f": {"rate": 0.5}, "m.g": {"x": 1}}'}
    assert row(attributes=own).hyperparameters == {"rate": 0.5}
    assert row(attributes={**own, semconv.HYPERPARAMETERS: "[]"}).hyperparameters == {}
    assert row(attributes={**own, semconv.HYPERPARAMETERS: '{"m.f": 3}'}).hyperparameters == {}
    assert row(status="error", message="wrong", attributes={semconv.ERROR_TYPE: "E"}).error == "E: wrong"
    assert row(status="error", message="E: wrong", attributes={semconv.ERROR_TYPE: "E"}).error == "E: wrong"
    assert row(status="error", attributes={semconv.ERROR_TYPE: "E"}).error == "E"
    assert row(status="error").error == "failed"
    assert (row().error, row().score) == ("", None)


def test_tokens_of_a_row_are_unknown_where_a_request_in_it_did_not_report_them():
    def called(name, **told):
        function = span(name, None, "function", attributes={semconv.FUNCTION: "m.f"})
        return [function, chat(f"{name}1", name), chat(f"{name}2", name, **told)]

    silent = {"status": "error", "attributes": dict.fromkeys(USAGE)}
    trace = RecordedTrace.of([*called("f"), *called("g", **silent)])
    assert [(row.input_tokens, row.output_tokens, row.tokens) for row in trace.calls()] == [(20, 4, 24), (None,) * 3]
    assert [(row.input_tokens, row.output_tokens, row.tokens) for row in trace.functions()] == [(None,) * 3]


def test_a_sum_over_the_outermost_calls_is_the_total():
    trace = sample_trace(30)
    calls = trace.calls()
    assert sum(call.tokens for call in calls) == trace.totals.tokens
    assert sum(call.retries for call in calls) == trace.totals.retries
    assert [call.start for call in calls] == sorted(call.start for call in calls)
