import json
from collections import defaultdict
from dataclasses import replace

import pytest

from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing.exporters.chrome import chrome_json
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import EventRecord, SpanRecord

MILLISECOND = 1_000_000


def span(number, parent, start, end, name="", **more):
    return SpanRecord(
        "1" * 32,
        f"{number:016x}",
        parent and f"{parent:016x}",
        name or f"s{number}",
        "step",
        start * MILLISECOND,
        end and end * MILLISECOND,
        **more,
    )


def events_of(*spans):
    return checked(chrome_json(RecordedTrace.of(spans)))


def checked(text):
    """Read a file as strictly as the viewers do: names, times, and spans of a lane inside one another or side by side."""
    document = json.loads(text, parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    assert set(document) == {"traceEvents", "displayTimeUnit", "otherData"}
    events = document["traceEvents"]
    timed = [event for event in events if event["ph"] != "M"]
    assert [event["ts"] for event in timed] == sorted(event["ts"] for event in timed)
    lanes = defaultdict(list)
    for event in events:
        assert event["ph"] in {"M", "X", "i"}
        assert isinstance(event["name"], str)
        assert isinstance(event["pid"], int)
        assert isinstance(event["args"], dict)
        assert event["ph"] != "X" or (event["ts"] >= 0 and event["dur"] >= 0)
        if event["ph"] == "X":
            lanes[event["tid"]].append(event)
    for lane in lanes.values():
        assert_nested(lane)
    named = {event["tid"] for event in events if event["name"] == "thread_name"}
    assert {event["tid"] for event in timed} <= named
    assert sum(event["name"] == "process_name" for event in events) == 1
    return events


def assert_nested(lane):
    open_until = []
    for event in sorted(lane, key=lambda event: (event["ts"], -event["dur"])):
        start, end = round(event["ts"] * 1000), round((event["ts"] + event["dur"]) * 1000)
        while open_until and open_until[-1] <= start:
            open_until.pop()
        assert not open_until or end <= open_until[-1], f"{event['name']} reaches out of what is around it"
        open_until.append(end)


def lanes(events):
    return {event["name"]: event["tid"] for event in events if event["ph"] == "X"}


def test_every_span_is_a_complete_event_with_its_times_in_microseconds():
    trace = sample_trace(7)
    events = checked(chrome_json(trace))
    spans = [event for event in events if event["ph"] == "X"]
    assert len(spans) == len(trace.spans)
    chat = next(event for event in spans if event["cat"] == "chat")
    recorded = next(one for one in trace.spans if one.kind == "chat")
    assert chat["dur"] * 1000 == recorded.end - recorded.start
    assert chat["ts"] * 1000 == recorded.start - trace.spans[0].start
    assert [chat["args"][name] for name in ("span", "parent", "trace")] == [recorded.span, recorded.parent, trace.id]
    assert chat["args"]["gen_ai.usage.input_tokens"] == 130
    assert chat["args"]["gen_ai.response.finish_reasons"] == ["stop"]


def test_what_runs_one_after_the_other_is_in_one_lane():
    assert set(lanes(checked(chrome_json(sample_trace(5)))).values()) == {1}


def test_siblings_at_the_same_time_get_lanes_of_their_own_with_what_is_in_them():
    events = events_of(
        span(1, None, 0, 100),
        span(2, 1, 10, 60),
        span(3, 1, 20, 70),
        span(4, 2, 15, 50),
        span(5, 3, 25, 65),
        span(6, 1, 80, 90),
    )
    found = lanes(events)
    assert found == {"s1": 1, "s2": 1, "s4": 1, "s3": 2, "s5": 2, "s6": 1}


def test_a_hundred_tasks_at_once_use_a_lane_each_and_lanes_are_used_again():
    first = [span(2 + number, 1, number, 500 + number) for number in range(100)]
    second = [span(200 + number, 1, 700 + number, 1200 + number) for number in range(100)]
    found = lanes(events_of(span(1, None, 0, 2000), *first, *second))
    assert set(found.values()) == set(range(1, 101))


def test_a_span_that_outlives_its_parent_leaves_its_lane():
    found = lanes(events_of(span(1, None, 0, 100), span(2, 1, 10, 50), span(3, 2, 20, 80)))
    assert found == {"s1": 1, "s2": 1, "s3": 2}


def test_an_unrelated_span_is_never_drawn_inside_another_one():
    found = lanes(events_of(span(1, None, 0, 100), span(2, None, 10, 20)))
    assert found["s1"] != found["s2"]


def test_spans_that_take_no_time_are_no_problem():
    events_of(span(1, None, 0, 0), span(2, 1, 0, 0), span(3, 1, 0, 0))


def test_a_span_without_an_end_lasts_until_the_end_of_the_trace():
    events = events_of(span(1, None, 0, None), span(2, 1, 10, 40), span(3, 1, 60, None))
    found = {event["name"]: event for event in events if event["ph"] == "X"}
    assert found["s1"]["dur"] == 60_000
    assert found["s1"]["args"]["running"] is True
    assert found["s3"]["dur"] == 0
    assert "running" not in found["s2"]["args"]


def test_spans_whose_parent_is_missing_are_there_all_the_same():
    events = events_of(span(2, 9, 10, 40), span(3, 9, 20, 50), span(4, 8, 0, 60))
    assert len(lanes(events)) == 3


def test_a_clock_that_was_set_back_gives_no_negative_time():
    event = EventRecord("early", 1)
    events = events_of(span(1, None, 50, 10, events=(event,)))
    assert [event["ts"] for event in events if event["ph"] != "M"] == [0, 0]


def test_failures_have_a_colour_and_their_message():
    failed = [event for event in checked(chrome_json(sample_trace(7))) if event.get("cname")]
    assert {event["args"]["status"] for event in failed} == {"error"}
    assert any("AttemptsExhaustedError" in event["args"]["message"] for event in failed)


def test_events_of_a_span_are_instants_in_its_lane():
    instants = [event for event in checked(chrome_json(sample_trace(2))) if event["ph"] == "i"]
    assert {event["args"].get("file.path") for event in instants} == {"src/file_0.py", "src/file_1.py", None}


def test_long_texts_are_cut_and_what_is_no_json_is_text():
    attributes = {"a": "x" * 5000, "b": float("nan"), "c": ["y" * 5000], "d": "\ud800\x1b", "e": {"f": None}}
    [event] = [one for one in events_of(replace(span(1, None, 0, 1), attributes=attributes)) if one["ph"] == "X"]
    assert event["args"]["a"] == "x" * 2000 + "... (5,000 characters)"
    assert event["args"]["b"] == "nan"
    assert len(event["args"]["c"]) < 2100
    assert event["args"]["d"] == ""
    assert event["args"]["e"] == {"f": None}


def test_an_empty_trace_is_an_empty_file():
    assert len(checked(chrome_json(RecordedTrace(())))) == 3


def test_two_thousand_spans_are_a_file_of_sane_size():
    assert len(chrome_json(sample_trace(400))) < 4_000_000
