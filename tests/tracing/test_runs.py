"""Many traces, or the calls of one, as a table."""

import json
from dataclasses import replace

import pytest

from llm_strategy.tracing import semconv
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import EventRecord, SpanRecord
from llm_strategy.tracing.runs import call_table, run_table

USAGE = {semconv.INPUT_TOKENS: 3, semconv.OUTPUT_TOKENS: 1, semconv.COST: 0.5}


def span(name, parent, kind, attributes=None, *, end=2, events=()):
    return SpanRecord("t", name, parent, name, kind, 1, end, "ok", "", attributes or {}, events)


def noted(scores):
    return tuple(
        EventRecord(semconv.EVALUATION, 1, {semconv.EVALUATION_NAME: key, semconv.EVALUATION_SCORE: value})
        for key, value in scores.items()
    )


def session(operative, *, name="run", scores=None, scope=None, inside=()):
    attributes = {semconv.HYPERPARAMETERS_OPERATIVE: json.dumps(operative)}
    attributes |= {} if scope is None else {semconv.HYPERPARAMETERS: json.dumps(scope)}
    outermost = span(name, None, "session", attributes, events=noted(scores or {}))
    return RecordedTrace.of([replace(outermost, span="s"), *inside])


def column(table, name):
    return [row[table.columns.index(name)] for row in table.rows]


def test_a_table_of_runs_has_a_row_for_each_trace():
    runs = [
        session({"f": {"rate": 0.1, "kind": "a"}}, scores={"score": 1, "speed": 2}),
        session({"f": {"rate": 0.2}}, name="b"),
    ]
    table = run_table(iter(runs))
    assert table.columns[:4] == ("f.rate", "f.kind", "score", "score speed")
    assert [row[:4] for row in table.rows] == [(0.1, "a", 1.0, 2.0), (0.2, None, None, None)]
    assert table.names == ("run", "b")
    assert table.varying == ("f.rate", "f.kind")
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert run_table([]).rows == ()


def test_long_texts_get_labels_that_tell_them_apart():
    first, second = ("Describe the article. " * 9 + end for end in ("Short.", "Long."))
    table = run_table([session({"f": {"doc": one, "list": [1]}}) for one in (first, second, first)])
    labels = [row[0] for row in table.rows]
    assert labels[0] == labels[2] != labels[1]
    assert all(len(label) <= 40 for label in labels)
    assert table.texts[labels[1]] == second
    assert table.rows[0][1] == "[1]"


def test_a_value_that_varies_in_its_type_only_varies():
    assert run_table([session({"f": {"x": 1}}), session({"f": {"x": True}})]).varying == ("f.x",)
    assert run_table([session({"f": {"x": 1}}), session({"f": {"x": 1}})]).varying == ()


def test_what_was_set_stands_beside_what_was_used():
    table = run_table([session({"f": {"rate": 0.2}}, scope={"f": {"rate": 0.1}, "g": {"top": 3}})])
    assert table.keys == (("f", "rate"), ("g", "top"))
    assert table.parameters == ("f.rate", "g.top")
    assert table.rows[0][:2] == (0.2, 3)


def test_a_trace_without_a_session_has_a_row_without_a_span():
    table = run_table([RecordedTrace.of([span("a", "s", "step")]), session({})])
    assert (table.spans, table.names) == (("", "s"), ("trace", "run"))


@pytest.mark.parametrize(
    ("attributes", "tokens", "cost"),
    [
        (USAGE, [8], [1.0]),
        ({name: USAGE[name] for name in (semconv.INPUT_TOKENS, semconv.OUTPUT_TOKENS)}, [8], [None]),
        ({}, [None], [None]),
        ({semconv.CACHE_HIT: True}, [4], [0.5]),
    ],
    ids=["measured", "unpriced", "unmeasured", "from a cache"],
)
def test_what_a_reply_did_not_tell_is_not_known(attributes, tokens, cost):
    chats = (span("a", "s", "chat", USAGE), span("b", "s", "chat", attributes))
    table = run_table([session({}, inside=chats)])
    assert (column(table, "tokens"), column(table, "cost")) == (tokens, cost)


def test_nothing_is_known_of_the_cost_where_nobody_was_asked():
    table = run_table([session({})])
    assert (column(table, "tokens"), column(table, "cost")) == ([0], [None])


def call(name, scope, parent="s", *, end=2, scores=None):
    return span(
        name, parent, "function", {semconv.HYPERPARAMETERS: json.dumps(scope)}, end=end, events=noted(scores or {})
    )


def test_calls_of_a_trace_are_rows_where_a_scope_was_in_force():
    inside = (
        call("a", {"f": {"rate": 1}}, scores={"score": 0.5}),
        call("b", {"f": {"rate": 2}}, "a", end=None),
        span("c", "b", "chat", USAGE),
        call("d", {}),
        call("e", {"f": 3}),
        span("f", "d", "attempt", {semconv.ATTEMPT: 2}),
    )
    table = call_table(session({}, inside=inside))
    assert table.spans == ("a", "b")
    assert (column(table, "f.rate"), column(table, "score")) == ([1, 2], [0.5, None])
    assert (column(table, "calls"), column(table, "tokens"), column(table, "cost")) == ([2, 1], [4, 4], [0.5, 0.5])
    assert column(table, "seconds")[1] is None
    assert table.varying == ("f.rate",)


def test_a_trace_without_spans_has_no_calls():
    assert call_table(RecordedTrace(())).rows == ()
