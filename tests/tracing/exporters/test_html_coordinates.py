"""Parallel coordinates: which axes there are, and what stands on them."""

import json
from dataclasses import replace

import pytest

from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.html.coordinates import coordinates_of
from llm_strategy.tracing.exporters.html.spans import Forest
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import EventRecord

FUNCTION = "shop.Catalogue.describe"


def run(values, score=None, calls=1, name="run"):
    def edited(span):
        if span.kind != "session":
            return span
        attributes = {semconv.HYPERPARAMETERS_OPERATIVE: json.dumps(values)}
        noted = {semconv.EVALUATION_NAME: "score", semconv.EVALUATION_SCORE: score}
        events = tuple(replace(event, attributes=noted) for event in span.events) if score is not None else ()
        return replace(span, name=name, attributes=attributes, events=events)

    return RecordedTrace.of(edited(span) for span in sample_trace(calls).spans)


def calls(*scopes):
    """Make a trace whose calls ran in scopes."""
    waiting = list(scopes)
    return RecordedTrace.of(
        replace(span, attributes={**span.attributes, semconv.HYPERPARAMETERS: json.dumps(waiting.pop(0))})
        if span.kind == "function"
        else span
        for span in sample_trace(len(scopes)).spans
    )


def compared(*traces):
    return coordinates_of(traces, [Forest.of(trace) for trace in traces])


def axes(*traces):
    return {axis["name"]: axis["values"] for axis in compared(*traces)["axes"]}


def test_runs_are_lines_through_hyperparameters_scores_and_sums():
    found = compared(run({"f": {"rate": 0.1}}, 0.5, name="one"), run({"f": {"rate": 0.2}}, 0.75, calls=2, name="two"))
    assert found["unit"] == "run"
    assert found["lines"] == [[0, 0, "one"], [1, 0, "two"]]
    assert [axis["name"] for axis in found["axes"]] == ["rate", "score", "cost", "tokens", "seconds"]
    assert [axis["values"] for axis in found["axes"][:2]] == [[0.1, 0.2], [0.5, 0.75]]
    assert [axis["outcome"] for axis in found["axes"]] == [False, True, True, True, True]


def test_a_hyperparameter_that_is_the_same_everywhere_is_no_axis():
    assert "rate" not in axes(run({"f": {"rate": 0.1, "top": 1}}), run({"f": {"rate": 0.1, "top": 2}}))


@pytest.mark.parametrize(
    ("values", "kind", "on_axis"),
    [
        ((1, 2.5), "number", [1, 2.5]),
        ((1, 2, None), "number", [1, 2, None]),
        (("a", "b"), "category", ["a", "b"]),
        ((True, False), "category", ["true", "false"]),
        ((1, "a"), "category", ["1", "a"]),
        (([1], [2]), "category", ["[1]", "[2]"]),
        ((float("nan"), 1), "category", ["NaN", "1"]),
    ],
)
def test_an_axis_is_of_numbers_or_of_categories(values, kind, on_axis):
    first = compared(*(run({"f": {"x": value}}) for value in values))["axes"][0]
    assert (first["kind"], first["values"]) == (kind, on_axis)


def drawn(*traces):
    return [axis["name"] for axis in compared(*traces)["axes"] if axis["drawn"]]


def test_a_hyperparameter_with_one_known_value_stands_in_the_table_alone():
    traces = run({"f": {"x": 1}, "g": {"y": 3}}), run({"f": {"x": 2}})
    assert list(axes(*traces))[:2] == ["x", "y"]
    assert drawn(*traces) == ["x", "cost", "tokens", "seconds"]
    scoped = calls({FUNCTION: {"rate": 0.1}}, {FUNCTION: {"top": 0.2}})
    assert compared(scoped) is None


def test_no_more_axes_are_drawn_than_fit_beside_each_other():
    first, second = ({"f": {f"x{number}": number + less for number in range(30)}} for less in (0, 1))
    del second["f"]["x0"]
    third, fourth = {"f": {"x0": 9}}, {"f": {**second["f"], "x29": 7}}
    found = drawn(run(first, 0.5), run(second, 0.75), run(third), run(fourth))
    assert found == [*(f"x{number}" for number in range(1, 9)), "score", "cost", "tokens", "seconds"]


def test_many_scores_leave_room_for_hyperparameters_and_sums():
    def scored(x):
        noted = tuple(
            EventRecord(semconv.EVALUATION, 1, {semconv.EVALUATION_NAME: f"s{number}", semconv.EVALUATION_SCORE: 0.5})
            for number in range(20)
        )
        spans = run({"f": {"x": x}}).spans
        return RecordedTrace.of(replace(one, events=noted) if one.kind == "session" else one for one in spans)

    assert drawn(scored(1), scored(2)) == ["x", "s0", "s1", "s2", "s3", "s4", "cost", "tokens", "seconds"]
    assert "s19" in axes(scored(1), scored(2))


def test_names_tell_functions_apart_only_where_they_must():
    first = {"a.f": {"rate": 1, "top": 1}, "a.g": {"rate": 1}}
    second = {"a.f": {"rate": 2, "top": 2}, "a.g": {"rate": 2}}
    assert list(axes(run(first), run(second)))[:3] == ["f.rate", "top", "g.rate"]


def test_scores_stand_before_sums_even_if_the_first_run_has_none():
    found = axes(run({"f": {"x": 1}}), run({"f": {"x": 2}}, 0.5))
    assert list(found)[1] == "score"
    assert found["score"] == [None, 0.5]


def test_a_long_text_stands_on_its_axis_as_a_label():
    first, second = ("Describe the article. " * 9 + end for end in ("Short.", "Long."))
    axis = compared(run({"f": {"x": first}}), run({"f": {"x": second}}), run({"f": {"x": "Short."}}))["axes"][0]
    assert [axis["texts"].get(label) for label in axis["values"]] == [first, second, None]
    assert axis["values"][2] == "Short."


def test_a_score_may_be_called_like_a_sum():
    def scored(name, score):
        trace = run({}, score)
        event = {semconv.EVALUATION_NAME: name, semconv.EVALUATION_SCORE: score}
        spans = [replace(one, events=[replace(each, attributes=event) for each in one.events]) for one in trace.spans]
        return RecordedTrace.of(spans)

    found = axes(scored("cost", 0.5), scored("speed", 2.0))
    assert list(found) == ["score cost", "speed", "cost", "tokens", "seconds"]
    assert found["score cost"] == [0.5, None]


def test_tokens_that_a_reply_did_not_report_are_unknown_on_their_axis():
    trace = run({"f": {"x": 1}})
    silent = RecordedTrace.of(
        replace(span, attributes={k: v for k, v in span.attributes.items() if not k.startswith("gen_ai.usage")})
        for span in trace.spans
    )
    assert axes(silent, run({"f": {"x": 2}}))["tokens"] == [None, 150]


def test_an_unknown_cost_is_unknown_on_its_axis():
    trace = run({"f": {"x": 1}})
    unpriced = RecordedTrace.of(
        replace(span, attributes={k: v for k, v in span.attributes.items() if k != semconv.COST})
        for span in trace.spans
    )
    assert axes(unpriced, run({"f": {"x": 2}}))["cost"][0] is None
    assert "cost" not in axes(unpriced, RecordedTrace(()))


def test_runs_that_differ_in_nothing_but_outcomes_are_compared():
    assert list(axes(run({}), run({}, calls=2))) == ["cost", "tokens", "seconds"]


def test_calls_of_one_trace_are_compared_where_their_scopes_differ():
    trace = calls({FUNCTION: {"rate": 0.1}}, {FUNCTION: {"rate": 0.2}}, {FUNCTION: {"rate": 0.3}})
    found = compared(trace)
    assert found["unit"] == "call"
    assert [axis["name"] for axis in found["axes"]] == ["rate", "cost", "tokens", "seconds"]
    nodes = Forest.of(trace).nodes
    assert [nodes[place].span.kind for _, place, _ in found["lines"]] == ["function"] * 3


@pytest.mark.parametrize(
    "trace",
    [
        sample_trace(3),
        calls({FUNCTION: {"rate": 0.1}}),
        calls({FUNCTION: {"rate": 0.1}}, {FUNCTION: {"rate": 0.1}}),
        calls({}, {}),
        RecordedTrace(()),
    ],
    ids=["no scopes", "one call", "one scope", "empty scopes", "no spans"],
)
def test_there_is_no_part_where_nothing_can_be_compared(trace):
    assert compared(trace) is None


def test_there_is_no_part_without_traces():
    assert compared() is None


def test_a_run_without_a_session_is_a_line_as_well():
    partial = RecordedTrace.of(span for span in sample_trace(1).spans if span.kind != "session")
    assert compared(partial, run({"f": {"x": 1}}))["lines"][0] == [0, 0, "trace"]
