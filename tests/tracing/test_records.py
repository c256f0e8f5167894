"""Spans as lines: what is written can be read, and what is damaged does no harm."""

import json
import math

import pytest

from llm_strategy.errors import TraceFileError
from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import EventRecord, SpanRecord, distinct, line_of, read_lines, read_spans


def span(name="s", parent=None, **changes):
    return SpanRecord(
        **{"trace": "t", "span": name, "parent": parent, "name": name, "kind": "step", "start": 1, **changes}
    )


def line(**changes):
    data = {"trace": "t", "span": "s", "parent": None, "name": "n", "kind": "chat", "start": 1, "end": 2, **changes}
    return json.dumps(data).encode()


def read_back(one):
    return next(iter(read_lines([line_of(one)])))


def test_a_span_is_read_back_as_it_was():
    one = span(
        end=5, status="error", message="a\nb", attributes={"x": 1, "y": "ü"}, events=(EventRecord("e", 3, {"p": 1}),)
    )
    assert read_back(one) == one


def test_a_span_is_one_line_whatever_is_in_it():
    assert line_of(span(message="a\nb\r\x85\u2028c")).count(b"\n") == 1


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("half \ud800 of a pair", "half \ufffd of a pair"),
        ("\ud83d\ude00", "\N{GRINNING FACE}"),
        ({"a\udfff": ["\ud800"]}, {"a\ufffd": ["\ufffd"]}),
        (10**60, 10**60),
        (b"\xff", "b'\\xff'"),
        (("a", 1), ["a", 1]),
    ],
)
def test_values_that_json_does_not_know_are_kept_as_well_as_it_can(given, read):
    one = read_back(span(attributes={"value": given, "beside": "\ud800"}, events=(EventRecord("e", 1, {"v": given}),)))
    assert one.attributes["value"] == read
    assert one.events[0].attributes["v"] == read


def test_data_that_is_too_deep_is_cut():
    deep = []
    for _ in range(10_000):
        deep = [deep]
    assert "..." in json.dumps(read_back(span(attributes={"deep": deep})).attributes)


def test_numbers_that_are_none_are_read_and_count_as_absent():
    attributes = {"nan": math.nan, "inf": math.inf, "huge": 10**400, "true": True, "text": "1", "one": 1}
    one = read_back(span(attributes=attributes))
    assert {name: one.number(name) for name in attributes} == {**dict.fromkeys(attributes), "one": 1}
    assert math.isnan(one.attributes["nan"])


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"\n",
        b"\x00\xff\xfe junk",
        b"[]",
        b"null",
        b"1" * 5000,
        b"[" * 100_000,
        line()[:-3],
        line(start="soon"),
        line(start=-1),
        line(end=2**63),
        line(start=10**30),
        line(status="odd"),
        line(attributes=[1]),
        line(events=[{"name": "e"}]),
    ],
)
def test_a_damaged_line_is_skipped(damaged):
    whole = line(span="after")
    assert [one.span for one in read_lines([damaged, whole])] == ["after"]


def test_lines_of_other_writers_are_read_where_they_can_be():
    halved = b'{"trace":"t","span":"s","parent":null,"name":"\\ud800","kind":"chat","start":1}'
    no_utf8 = b'{"trace":"t","span":"s","parent":null,"name":"\xff","kind":"chat","start":1}'
    assert [one.name for one in read_lines([halved, no_utf8])] == ["\ufffd", "\ufffd"]


def test_what_a_later_version_says_besides_is_ignored():
    found = next(iter(read_lines([line(v=2, kind="dream", colour="red")])))
    assert found.kind == "step"


def test_an_attribute_that_holds_damaged_json_is_none():
    one = span(attributes={"deep": "[" * 100_000, "cut": '{"a": ', "good": "[1]", "number": 3})
    assert [one.data(name) for name in ("deep", "cut", "good", "number", "absent")] == [None, None, [1], 3, None]


def test_a_clock_that_was_set_back_makes_no_negative_time():
    assert span(start=10, end=4).seconds == 0
    assert span(start=10).seconds is None


def test_of_several_spans_with_one_id_the_last_counts_unless_it_is_open():
    closed, opened, later = span(end=3), span(), span(end=4)
    assert distinct([opened, closed]) == [closed]
    assert distinct([closed, opened]) == [closed]
    assert distinct([closed, later]) == [later]


def test_a_file_that_was_cut_off_is_read_up_to_there(tmp_path):
    lines = b"".join(map(line_of, sample_trace(2).spans))
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines[:-20])
    assert len(read_spans(path)) == len(sample_trace(2).spans) - 1


def test_a_file_that_is_no_trace_is_named(tmp_path):
    (tmp_path / "junk.jsonl").write_bytes(b"\x00\x01\n{}\n")
    with pytest.raises(TraceFileError, match=r"junk\.jsonl' holds no span"):
        RecordedTrace.read(tmp_path / "junk.jsonl")
    with pytest.raises(TraceFileError, match="No such file"):
        RecordedTrace.read(tmp_path / "none.jsonl")


def test_a_recorded_trace_tells_who_it_is(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(line(name="lost"))
    assert (RecordedTrace.read(path).name, RecordedTrace.of([]).name, RecordedTrace.of([]).id) == ("a", "trace", "")
    assert (sample_trace().name, sample_trace().id[:5]) == ("sample", "5ab1e")


def test_scores_are_the_last_ones_and_finite():
    def scored(time, value, name="score"):
        return EventRecord(semconv.EVALUATION, time, {semconv.EVALUATION_NAME: name, semconv.EVALUATION_SCORE: value})

    events = (
        scored(3, 0.9),
        scored(1, 0.1),
        scored(4, math.nan),
        scored(5, "1"),
        scored(6, 10**400),
        scored(1, 2, "b"),
    )
    assert RecordedTrace.of([span(events=events)]).scores == {"score": 0.9, "b": 2.0}


def test_hyperparameters_of_a_damaged_session_are_left_out():
    def operative(text):
        session = span(kind="session", attributes={semconv.HYPERPARAMETERS_OPERATIVE: text})
        return RecordedTrace.of([session]).hyperparameters

    assert operative('{"f": {"rate": 1}, "g": 3}') == {"f": {"rate": 1}}
    assert operative("[1]") == operative("{") == {}
    assert RecordedTrace.of([]).hyperparameters == {}
