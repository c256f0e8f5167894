"""The data of a page: what is shown, and where."""

import json
from dataclasses import replace

import pytest

from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.html.lanes import ends_of, rows_of
from llm_strategy.tracing.exporters.html.payload import payload_of
from llm_strategy.tracing.exporters.html.spans import Forest
from llm_strategy.tracing.exporters.html.texts import plain
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import EventRecord, SpanRecord

FUNCTION = "shop.Catalogue.describe"


def span(name, start, end, parent=None, kind="step", **attributes):
    return SpanRecord("t", name, parent, name, kind, start, end, "ok", "", attributes)


def changed(trace, kind, **changes):
    return RecordedTrace.of(replace(one, **changes) if one.kind == kind else one for one in trace.spans)


def with_attributes(trace, kind, *rows):
    """Give the spans of a kind further attributes, one after the other."""
    waiting = list(rows)
    return RecordedTrace.of(
        replace(one, attributes={**one.attributes, **waiting.pop(0)}) if one.kind == kind and waiting else one
        for one in trace.spans
    )


def rows(*spans):
    nodes = [node for _, node in RecordedTrace.of(spans).tree().walk()]
    return rows_of(nodes, ends_of(nodes, max(one.end or 0 for one in spans)))


def shown(trace):
    return payload_of([trace])["traces"][0]


def texts_of(payload, numbers):
    return [payload["texts"][number] for number in numbers]


class TestRows:
    def test_spans_after_each_other_share_a_row(self):
        assert rows(span("a", 0, 9), span("b", 1, 3, "a"), span("c", 3, 5, "a")) == {"a": 0, "b": 1, "c": 1}

    def test_spans_at_the_same_time_have_lanes_that_hold_all_inside_them(self):
        spans = [span("a", 0, 9), span("b", 1, 5, "a"), span("b1", 2, 4, "b"), span("c", 3, 7, "a")]
        assert rows(*spans) == {"a": 0, "b": 1, "b1": 2, "c": 3}

    def test_a_lane_is_used_again_when_it_is_free(self):
        spans = [span("a", 0, 9), span("b", 1, 5, "a"), span("c", 3, 7, "a"), span("d", 5, 6, "a")]
        assert rows(*spans)["d"] == rows(*spans)["b"]

    def test_an_open_span_stands_in_the_way_until_the_end(self):
        spans = [span("a", 0, 9), span("b", 1, None, "a"), span("c", 5, 6, "a")]
        assert rows(*spans)["c"] == 2

    def test_a_child_that_outlives_its_parent_stands_in_the_way_as_well(self):
        spans = [span("a", 0, 9), span("b", 1, 2, "a"), span("b1", 1, 8, "b"), span("c", 4, 6, "a")]
        assert rows(*spans)["c"] == 3

    def test_a_span_that_is_not_recorded_ends_with_those_inside_it(self):
        spans = [span("b", 1, 2, "lost"), span("c", 1, 3, "gone"), span("d", 4, 5, "late")]
        found = rows(*spans)
        assert (found["lost"], found["gone"], found["late"]) == (1, 3, 1)

    def test_there_are_none_without_spans(self):
        assert rows_of([], {}) == {}


class TestSpans:
    def test_each_stands_behind_the_one_around_it(self):
        spans = shown(sample_trace(7))["spans"]
        assert [row[0] for row in spans[:2]] == [-1, 0]
        assert all(row[0] < place for place, row in enumerate(spans))

    def test_sums_of_the_outermost_are_the_totals(self):
        trace = sample_trace(20)
        chats, retries, errors, hits, asked, said, unmeasured, known, unpriced = shown(trace)["spans"][0][11]
        totals = trace.totals
        assert (chats, retries, errors, hits) == (totals.chats, totals.retries, totals.errors, totals.cache_hits)
        assert (asked, said, unmeasured, unpriced) == (totals.input_tokens, totals.output_tokens, 0, 0)
        assert known == pytest.approx(totals.known_cost)

    def test_the_usage_of_a_chat_around_chats_is_that_of_those_inside(self):
        usage = {semconv.INPUT_TOKENS: 5, semconv.OUTPUT_TOKENS: 1}
        trace = RecordedTrace.of([span("a", 0, 9, kind="chat", **usage), span("b", 1, 2, "a", kind="chat", **usage)])
        assert [row[11][4] for row in shown(trace)["spans"]] == [5, 5]

    def test_an_open_span_has_no_length(self):
        assert shown(changed(sample_trace(1), "session", end=None))["spans"][0][6] is None

    def test_a_span_that_ended_before_it_began_took_no_time(self):
        assert shown(RecordedTrace.of([span("a", 9_000, 2_000)]))["spans"][0][6] == 0

    def test_messages_are_read_and_not_repeated_among_the_attributes(self):
        payload = payload_of([sample_trace(1)])
        chat = next(row for row in payload["traces"][0]["spans"] if row[3] == "chat")
        assert [payload["texts"][role] for role, _ in chat[12]] == ["system", "user"]
        names = [payload["texts"][attribute[0]] for attribute in chat[9]]
        assert semconv.INPUT_MESSAGES not in names
        assert semconv.REQUEST_MODEL in names

    @pytest.mark.parametrize("messages", ["not JSON", "{}", "[1]", '"text"'])
    def test_what_are_no_messages_stays_an_attribute(self, messages):
        trace = with_attributes(sample_trace(1), "chat", {semconv.INPUT_MESSAGES: messages})
        payload = payload_of([trace])
        chat = next(row for row in payload["traces"][0]["spans"] if row[3] == "chat")
        assert chat[12] is None
        assert messages in payload["texts"]

    @pytest.mark.parametrize(
        ("part", "expected"),
        [
            ({"type": "text", "content": "a"}, ["text", "a", ""]),
            ({"type": "reasoning", "content": "a"}, ["reasoning", "a", ""]),
            ({"type": "tool_call", "id": "1", "name": "f", "arguments": {"x": 1}}, ["tool_call", '{"x": 1}', "f"]),
            ({"type": "tool_call", "name": "f", "arguments": "x"}, ["tool_call", "x", "f"]),
            ({"type": "tool_call_response", "id": "1", "response": "a"}, ["tool_result", "a", "1"]),
            ({"type": "tool_call_response", "id": "1", "result": [1]}, ["tool_result", "[1]", "1"]),
            ({"type": "image", "uri": "u"}, ["other", '{"type": "image", "uri": "u"}', "image"]),
            ({"type": "text", "content": 3}, ["other", '{"type": "text", "content": 3}', "text"]),
            ("bare", ["text", "bare", ""]),
            (7, ["text", "7", ""]),
        ],
    )
    def test_parts_of_messages_keep_their_kind(self, part, expected):
        messages = json.dumps([{"role": "assistant", "parts": [part]}])
        payload = payload_of([with_attributes(sample_trace(1), "chat", {semconv.OUTPUT_MESSAGES: messages})])
        ((_, [[kind, text, tool]]),) = next(row for row in payload["traces"][0]["spans"] if row[3] == "chat")[13]
        assert [kind, *texts_of(payload, [text, tool])] == expected

    @pytest.mark.parametrize("message", [{"role": "user"}, {"role": "user", "parts": []}])
    def test_a_message_may_be_without_words(self, message):
        trace = with_attributes(sample_trace(1), "chat", {semconv.INPUT_MESSAGES: json.dumps([message])})
        assert next(row for row in shown(trace)["spans"] if row[3] == "chat")[12][0][1] == []

    def test_early_forms_of_messages_are_read(self):
        messages = json.dumps([{"role": "user", "content": "Hello"}])
        payload = payload_of([with_attributes(sample_trace(1), "chat", {semconv.INPUT_MESSAGES: messages})])
        (message,) = next(row for row in payload["traces"][0]["spans"] if row[3] == "chat")[12]
        assert payload["texts"][message[1][0][1]] == "Hello"


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (None, None),
        (1.5, 1.5),
        (2**53, 2**53),
        (2**53 + 1, "9007199254740993"),
        (float("inf"), "inf"),
        (("a", float("nan")), ["a", "nan"]),
        ({"a": 1}, '{"a": 1}'),
        ({"a": nested(100_000)}, "(too deep)"),
    ],
)
def test_values_are_such_that_a_browser_reads_them_exactly(value, expected):
    assert plain(value) == expected


class TestConversations:
    def test_attempts_of_one_prompt_stand_together(self):
        trace = shown(sample_trace(3))
        assert [len(chats) for _, chats in trace["prompts"]] == [1, 1, 2]
        assert {trace["spans"][prompt][3] for prompt, _ in trace["prompts"]} == {"prompt"}

    def test_a_chat_without_a_prompt_stands_alone(self):
        trace = RecordedTrace.of([span("a", 0, 9), span("b", 1, 2, "a", kind="chat")])
        assert shown(trace)["prompts"] == [[1, [1]]]

    def test_merged_messages_stand_before_what_followed_them(self):
        payload = payload_of([sample_trace(2)])
        found = payload["traces"][0]["chats"]
        assert [row[0] for row in found] == [-1, 0, 1, 0, 3]
        assert texts_of(payload, [found[0][1]]) == ["system"]
        assert [row[4] for row in found] == [0, 0, 1, 0, 1]

    def test_a_request_without_a_reply_is_marked(self):
        trace = changed(sample_trace(1), "chat", status="error")
        silent = RecordedTrace.of(
            replace(one, attributes={k: v for k, v in one.attributes.items() if k != semconv.OUTPUT_MESSAGES})
            for one in trace.spans
        )
        assert shown(silent)["chats"][-1][4] == 2

    def test_what_was_not_captured_is_marked(self):
        trace = RecordedTrace.of([span("a", 0, 9, kind="chat")])
        assert {row[4] & 4 for row in shown(trace)["chats"]} == {4}


class TestFiles:
    def test_there_is_no_part_where_no_file_was_touched(self):
        assert shown(changed(sample_trace(2), "attempt", events=()))["files"] is None

    def test_accesses_are_counted_by_step_and_file(self):
        def access(operation, path="a.py"):
            return EventRecord(semconv.FILE, 1, {semconv.FILE_PATH: path, semconv.FILE_OPERATION: operation})

        events = (access("read"), access("read"), access("delete"), access("rename", "b.py"))
        payload = payload_of([changed(sample_trace(1), "attempt", events=events)])
        files = payload["traces"][0]["files"]
        assert texts_of(payload, files["paths"]) == ["a.py", "b.py"]
        assert files["cells"] == [[0, 0, [2, 0, 0, 1, 0]], [0, 1, [0, 0, 0, 0, 1]]]
        assert payload["traces"][0]["spans"][files["steps"][0]][3] == "attempt"


class TestParameters:
    def test_set_and_used_values_stand_beside_each_other(self):
        payload = payload_of([sample_trace(1)])
        found = {payload["texts"][name]: (changed, used) for _, name, changed, used in shown_parameters(payload)}
        assert {name: texts_of(payload, changed) for name, (changed, _) in found.items()} == {
            "attempts": [],
            "instruction": [],
            "temperature": ["0.2"],
        }
        assert texts_of(payload, [found["attempts"][1]]) == ["3"]

    def test_every_value_that_was_set_is_listed(self):
        scopes = [{semconv.HYPERPARAMETERS: json.dumps({FUNCTION: {"model": {"size": size}}})} for size in (1, 2, 1)]
        payload = payload_of([with_attributes(sample_trace(3), "function", *scopes)])
        (row,) = [row for row in shown_parameters(payload) if payload["texts"][row[1]] == "model.size"]
        assert texts_of(payload, row[2]) == ["1", "2"]
        assert row[3] == -1


def shown_parameters(payload):
    return payload["traces"][0]["parameters"]


class TestStates:
    @pytest.mark.parametrize(
        ("trace", "state"),
        [
            (sample_trace(1), "finished"),
            (changed(sample_trace(1), "session", status="error"), "failed"),
            (changed(sample_trace(1), "session", end=None), "open"),
            (RecordedTrace.of(one for one in sample_trace(1).spans if one.kind != "session"), "partial"),
            (RecordedTrace(()), "empty"),
        ],
        ids=["finished", "failed", "open", "partial", "empty"],
    )
    def test_a_page_says_how_a_trace_ended(self, trace, state):
        assert shown(trace)["state"] == state

    def test_an_empty_trace_has_no_spans(self):
        assert Forest.of(RecordedTrace(())).rows(None) == []

    def test_an_unknown_cost_is_not_zero(self):
        chat = {semconv.INPUT_TOKENS: 1, semconv.OUTPUT_TOKENS: 1}
        totals = shown(RecordedTrace.of([span("a", 0, 9, kind="chat", **chat)]))["totals"]
        assert (totals["cost"], totals["unpriced"]) == (None, 1)

    def test_tokens_that_nobody_reported_are_marked(self):
        trace = shown(RecordedTrace.of([span("a", 0, 9, kind="chat")]))
        assert (trace["totals"]["unmeasured"], trace["spans"][0][11][6]) == (1, 1)

    def test_the_name_of_the_file_is_told(self, tmp_path):
        assert shown(RecordedTrace(sample_trace(1).spans, tmp_path / "a.jsonl"))["file"] == "a.jsonl"
