"""Traces beside each other, and the files that they touched."""

import json
from dataclasses import replace

import pytest

from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.difference import difference
from llm_strategy.tracing.flat_values import flat_values
from llm_strategy.tracing.printable import printable, printable_line
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import EventRecord, SpanRecord


def session(operative, *, name="run", scores=None):
    events = tuple(
        EventRecord(semconv.EVALUATION, 1, {semconv.EVALUATION_NAME: key, semconv.EVALUATION_SCORE: value})
        for key, value in (scores or {}).items()
    )
    attributes = {semconv.HYPERPARAMETERS_OPERATIVE: json.dumps(operative)}
    return RecordedTrace.of([SpanRecord("t", "s", None, name, "session", 1, 2, "ok", "", attributes, events)])


def test_totals_stand_side_by_side():
    found = difference(sample_trace(1), sample_trace(3))
    calls = found.totals[0]
    assert (calls.name, calls.before, calls.after, calls.by, calls.ratio) == ("calls", 1, 3, 2, 2.0)


def test_what_is_not_known_did_not_change():
    unpriced = RecordedTrace.of([SpanRecord("t", "c", None, "c", "chat", 1, 2)])
    found = {change.name: change for change in difference(unpriced, sample_trace(1)).totals}
    assert (found["cost"].before, found["cost"].by, found["cost"].ratio) == (None, None, None)
    assert (found["calls"].by, found["calls"].ratio) == (1, None)
    assert "unknown ->" in str(difference(unpriced, sample_trace(1)))


def test_functions_of_either_trace_are_there():
    def called(name):
        return RecordedTrace.of([SpanRecord("t", "f", None, name, "function", 1, 2)])

    one, other = difference(called("f"), called("g")).functions
    assert (one.name, one.after, one.changes[0].before, one.changes[0].after) == ("f", None, 1, 0)
    assert (other.name, other.before) == ("g", None)


def test_a_function_that_only_one_trace_called_is_a_single_line():
    def used(*names):
        calls = [SpanRecord("t", name, "s", name, "function", 1, 2) for name in names]
        return RecordedTrace.of([*session({name: {"rate": 1, "top": 2} for name in names}).spans, *calls])

    found = difference(used("f", "g"), used("g"))
    assert found.hyperparameters == ()
    assert [line for line in str(found).splitlines() if line.startswith("f")] == ["f: calls 1 -> 0"]
    assert [line for line in str(difference(used(), used("f"))).splitlines() if "f" in line] == ["f: calls 0 -> 1"]


def test_tokens_that_were_not_reported_are_unknown_on_either_side():
    silent = RecordedTrace.of(
        replace(span, attributes={}) if span.kind == "chat" else span for span in sample_trace(1).spans
    )
    found = difference(silent, sample_trace(1))
    totals = {change.name: change for change in found.totals}
    assert [(totals[name].before, totals[name].by) for name in ("input_tokens", "output_tokens")] == [(None, None)] * 2
    assert {change.name: change.before for change in found.functions[0].changes}["tokens"] is None


def test_hyperparameters_that_differ_are_named():
    before = session({"f": {"rate": 0.1, "same": [1], "model": {"size": 1, "old": 2}, "gone": None}})
    after = session({"f": {"rate": "0.1", "same": [1], "model": {"size": 3, "old": 2}}, "g": {"new": True}})
    assert [(one.name, one.before, one.after) for one in difference(before, after).hyperparameters] == [
        ("f.rate", "0.1", '"0.1"'),
        ("f.model.size", "1", "3"),
        ("f.gone", "null", None),
        ("g.new", None, "true"),
    ]


def test_a_small_change_of_a_long_text_can_be_seen():
    prompt = "Describe the article. " * 20
    shown = str(difference(session({"f": {"doc": f"{prompt}Be short."}}), session({"f": {"doc": f"{prompt}Be kind."}})))
    assert "Be short." in shown
    assert "Be kind." in shown
    assert max(map(len, shown.splitlines())) < 200


def test_a_difference_steers_no_terminal():
    hostile = "\x1b[2J\u202e\x9b\n\ud800x"
    one = session({hostile: {hostile: hostile}}, name=hostile, scores={hostile: 1})
    shown = str(difference(one, session({})))
    assert shown == printable(shown)
    assert "[2Jx" in shown or "[2J x" in shown


def test_scores_stand_side_by_side():
    found = difference(session({}, scores={"score": 0.5}), session({}, scores={"score": 0.75, "speed": 3}))
    assert [(one.name, one.before, one.after) for one in found.scores] == [("score", 0.5, 0.75), ("speed", None, 3.0)]
    assert "+50%" in str(found)


def test_equal_traces_differ_in_nothing():
    found = difference(sample_trace(2), sample_trace(2))
    assert found.hyperparameters == ()
    assert all(not change.by for change in found.totals)
    assert difference(RecordedTrace.of([]), RecordedTrace.of([])).functions == ()


@pytest.mark.parametrize("values", [{}, {"f": 3}, {"f": {}}, {"f": []}])
def test_nothing_is_flat(values):
    assert flat_values(values) == ()


def test_flat_values_of_odd_data():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    found = flat_values({"f": {"empty": {}, "none": None, "deep": deep, "nan": float("nan")}})
    assert [(one.name, one.json) for one in found] == [
        ("empty", "{}"),
        ("none", "null"),
        ("deep", '"(too deep)"'),
        ("nan", "NaN"),
    ]


def test_accesses_to_files_are_told_by_step():
    def touched(name, start, *events):
        told = tuple(
            EventRecord(semconv.FILE, time, {semconv.FILE_PATH: path, semconv.FILE_OPERATION: "read"})
            for time, path in events
        )
        return SpanRecord("t", name, None, name, "step", start, None, events=told)

    spans = [touched("b", 5, (9, "y"), (6, "x"), (7, "")), touched("nothing", 3), touched("a", 1, (2, "z"))]
    found = RecordedTrace.of(spans).file_accesses()
    assert [(one.step, one.span, one.path) for one in found] == [(0, "a", "z"), (1, "b", "x"), (1, "b", "y")]


def test_text_for_one_line_is_cut():
    assert printable_line("a\tb\n\nc") == "a b c"
    assert printable_line("x" * 300) == "x" * 200 + "..."
    assert printable_line(" " * 10_000) == "..."
