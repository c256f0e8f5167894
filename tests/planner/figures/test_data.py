"""The figures of a run as data, from whole, joined, partial and damaged traces."""

import json
from dataclasses import replace

import pytest

from llm_strategy.planner.figures.data import PANELS, Figures, figures_of
from llm_strategy.planner.figures.heat import HeatCell
from llm_strategy.testing.sample_planner_traces import sample_planner_trace
from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.records import EventRecord, SpanRecord


class Spans:
    """Makes spans of a planner, one second after another."""

    def __init__(self, trace=1, now=0):
        self.trace = trace
        self.now = now
        self.found = []

    def add(self, name, parent=None, events=(), kind="step", ended=True, **attributes):
        self.now += 1
        told = {getattr(semconv, key): value for key, value in attributes.items()}
        at = [EventRecord(semconv.FILE, self.now, event) for event in events]
        span = SpanRecord(
            f"{self.trace:032x}", f"{self.trace:08x}{len(self.found):08x}", parent, name, kind, self.now,
            self.now + 1 if ended else None, attributes=told, events=tuple(at),
        )  # fmt: skip
        self.found.append(span)
        return span.span

    def plan(self, requirements, program=None, **more):
        told = {"PLANNER_REQUIREMENTS": json.dumps(requirements)}
        return self.add("plan", **told, **({} if program is None else {"PLANNER_PROGRAM": program}), **more)

    def step(self, path, ids=(), **more):
        return self.add(f"step {path}", PLANNER_STEP=path, PLANNER_REQUIREMENTS=json.dumps(ids), **more)

    def turn(self, step, number=1, epoch=0, attempt=1, parent=None, **more):
        key = {"PLANNER_STEP": step, "PLANNER_EPOCH": epoch, "PLANNER_ATTEMPT": attempt, "PLANNER_TURN": number}
        return self.add("turn", parent, **key, **more)


def touched(path, operation):
    return {semconv.FILE_PATH: path, semconv.FILE_OPERATION: operation}


def program(*ids):
    return json.dumps(
        {"task": "t", "requirements": dict.fromkeys(ids, "x"), "instructions": [{"do": "x", "for": [*ids]}]}
    )


def test_a_whole_run_gives_every_figure():
    figures = figures_of(sample_planner_trace(12).spans)
    assert [figures.why_empty(panel) for panel in PANELS] == [""] * 5
    assert (figures.name, len(figures.turns), len(figures.steps), len(figures.contexts)) == ("generate", 22, 12, 22)
    assert len(figures.requirements) == 13
    assert [one.named for one in figures.retention] == [12] * 12  # the program forgets the tenth
    assert [one.stood for one in figures.retention] == [*range(1, 13)]
    assert figures.steps[10].outcome == "failed"
    assert figures.steps[1].turns == (1, 2)


def test_no_spans_give_no_figures():
    assert figures_of([]) == Figures()


def test_other_traces_give_files_and_contexts_and_say_why_the_rest_is_empty():
    figures = figures_of(sample_trace(3).spans)
    why = "The trace is not of a planner."
    assert [figures.why_empty(panel) for panel in PANELS] == [why, "", why, why, ""]
    assert [(one.letters, one.tokens) for one in figures.contexts] == [(45, 130), (45, 130), (45, 130), (81, 160)]


def test_what_was_not_captured_is_not_known_and_no_zero():
    bare = [replace(one, attributes={semconv.KIND: "chat"}) for one in sample_trace(2).spans if one.kind == "chat"]
    assert figures_of(bare).why_empty("context") == "No size of a request was recorded."
    measured = [replace(one, attributes={semconv.INPUT_TOKENS: 7, semconv.INPUT_MESSAGES: "["}) for one in bare]
    assert [(one.letters, one.tokens) for one in figures_of(measured).contexts] == [(None, 7), (None, 7)]


def test_a_replayed_chat_counts_only_where_its_first_request_is_not_there():
    chats = [one for one in sample_trace(2).spans if one.kind == "chat"]
    again = [
        replace(one, span=f"{number:016x}", attributes={**one.attributes, semconv.REPLAYED: True})
        for number, one in enumerate(chats, 100)
    ]
    assert len(figures_of([*chats, *again]).contexts) == 2
    assert len(figures_of(again).contexts) == 2


def test_the_letters_of_a_request_are_those_of_its_texts():
    said = [
        {"role": "user", "parts": [{"type": "text", "content": "abc"}, {"type": "blob"}, "odd"]},
        {"role": "assistant", "parts": [{"type": "tool_call", "arguments": "12"}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "response": "4"}]},
        "odd",
        {"role": "user", "parts": None},
    ]
    spans = Spans()
    spans.add("chat", kind="chat", INPUT_MESSAGES=json.dumps(said))
    assert figures_of(spans.found).contexts[0].letters == 6


def test_the_last_span_of_a_turn_counts_in_a_resumed_run():
    first, second = Spans(1), Spans(2, 100)
    for spans, errors in ((first, 1), (second, 5)):
        spans.add("evaluate", spans.turn("1"), PLANNER_ERRORS=errors)
    second.add("evaluate", second.turn("2"), PLANNER_ERRORS=0)
    figures = figures_of([*second.found, *first.found])
    assert [(turn.key.step, turn.errors, turn.began) for turn in figures.turns] == [("1", 5, 1), ("2", 0, 103)]


def test_what_the_last_span_does_not_tell_is_taken_from_those_before():
    first, second = Spans(1), Spans(2, 100)
    turn = first.turn("1", PLANNER_CONTEXT=70, events=[touched("a", "create")])
    first.add("chat", turn, kind="chat", INPUT_TOKENS=9)
    first.add("evaluate", turn, PLANNER_ERRORS=2, PLANNER_TESTS_PASSED=3, PLANNER_TESTS_FAILED=1)
    second.turn("1")
    (found,) = figures_of([*first.found, *second.found]).turns
    assert (found.errors, found.passed, found.failed, found.letters, found.tokens) == (2, 3, 1, 70, 9)
    assert found.accesses == (("a", "create"),)


def test_a_turn_that_was_cut_off_counts_less_than_one_that_ended():
    first, second = Spans(1), Spans(2, 100)
    first.turn("1", PLANNER_CONTEXT=70)
    second.turn("1", PLANNER_CONTEXT=80, ended=False)
    assert figures_of([*first.found, *second.found]).turns[0].letters == 70


@pytest.mark.parametrize("change", [{"epoch": 1}, {"attempt": 2}, {"number": 2}, {"step": "2"}])
def test_another_step_epoch_attempt_or_number_is_another_turn(change):
    spans = Spans()
    spans.turn(**({"step": "1"} | change))
    spans.turn("1")
    assert len(figures_of(spans.found).turns) == 2


def test_a_step_that_was_begun_anew_stands_twice():
    spans = Spans()
    for epoch in (0, 1):
        spans.turn("1", epoch=epoch, parent=spans.step("1", ["R1"]))
    figures = figures_of(spans.found)
    assert [(one.path, one.epoch, one.turns) for one in figures.steps] == [("1", 0, (0,)), ("1", 1, (1,))]


def test_the_last_evaluation_of_a_turn_counts():
    spans = Spans()
    turn = spans.turn("1")
    spans.add(
        "evaluate", turn, PLANNER_ERRORS=3, PLANNER_TESTS_PASSED=1, PLANNER_TESTS_FAILED=2, PLANNER_TESTS_RAN=True
    )
    spans.add(
        "evaluate", turn, PLANNER_ERRORS=1, PLANNER_TESTS_PASSED=0, PLANNER_TESTS_FAILED=0, PLANNER_TESTS_RAN=False
    )
    (found,) = figures_of(spans.found).turns
    assert (found.errors, found.passed, found.failed) == (1, None, None)
    assert figures_of(spans.found).why_empty("tests") == "No tests were run."


def test_a_program_that_names_less_than_the_task_asks_for_is_seen():
    spans = Spans()
    spans.plan({"R1": "a", "R2": "b", "R3": "c"}, program("R1"))
    spans.turn("1", parent=spans.step("1", ["R1"]))
    (kept,) = figures_of(spans.found).retention
    assert (kept.named, kept.stood) == (1, 1)


def test_a_new_plan_counts_from_its_moment_and_what_it_dropped_is_lost():
    spans = Spans()
    spans.plan({"R1": "a", "R2": "b"}, program("R1", "R2"))
    spans.turn("1", parent=spans.step("1", ["R1"]))
    spans.plan({"R1": "a"}, program("R1"))
    spans.turn("2", parent=spans.step("2", ["R1"]))
    figures = figures_of(spans.found)
    assert [name for name, _ in figures.requirements] == ["R1", "R2"]
    assert [(one.named, one.stood) for one in figures.retention] == [(2, 1), (1, 1)]


def test_a_requirement_that_was_added_by_hand_is_one_of_them():
    spans = Spans()
    spans.plan({"R1": "a"}, program("R1"))
    spans.turn("1", parent=spans.step("1", ["R9", "R9"]))
    figures = figures_of(spans.found)
    assert figures.requirements == (("R1", "a"), ("R9", ""))
    assert [(one.named, one.stood) for one in figures.retention] == [(2, 1)]


def test_a_program_that_was_not_captured_is_not_known():
    spans = Spans()
    spans.plan({"R1": "a", "R2": "b"})
    spans.turn("1", parent=spans.step("1", ["R1"]))
    spans.add("replan", PLANNER_REQUIREMENTS='{"R3": "c"}')
    figures = figures_of(spans.found)
    assert [(one.named, one.stood) for one in figures.retention] == [(None, 1)]
    assert [name for name, _ in figures.requirements] == ["R1", "R2", "R3"]
    assert [one.path for one in figures.steps] == ["1"]


def test_a_step_without_a_turn_has_had_no_context():
    spans = Spans()
    spans.plan({"R1": "a"}, program("R1"))
    spans.step("1", ["R1"], PLANNER_OUTCOME="skipped")
    figures = figures_of(spans.found)
    assert figures.steps[0].outcome == "skipped"
    assert figures.why_empty("retention") == "No step has sent a request."
    assert figures.why_empty("errors") == "The trace is not of a planner."  # no turn: nothing was ever asked


def test_requirements_of_a_plan_that_is_cut_off_come_from_its_program_or_not_at_all():
    spans = Spans()
    spans.plan("cut", program("R1", "R2"))
    spans.turn("1")
    assert [name for name, _ in figures_of(spans.found).requirements] == ["R1", "R2"]
    spans = Spans()
    spans.plan("cut", "task: [")
    spans.turn("1")
    assert figures_of(spans.found).why_empty("retention") == "The trace holds no requirements of the task."


def test_reads_belong_to_the_next_write():
    spans = Spans()
    spans.turn("1", events=[touched("a", "read"), touched("b", "read")])
    spans.turn("1", 2, events=[touched("a", "write"), touched("c", "create")])
    spans.turn("1", 3, events=[touched("a", "delete"), touched("a", "odd")])
    spans.turn("1", 4, events=[touched("c", "read"), {semconv.FILE_OPERATION: "read"}])
    heat = figures_of(spans.found).heat
    assert heat.steps == ("step 1, attempt 1, turn 2", "step 1, attempt 1, turn 3", "after the last write")
    assert heat.paths == ("a", "b", "c")
    assert heat.cells == (
        HeatCell(0, 0, (1, 1, 0, 0, 0)),
        HeatCell(0, 1, (1, 0, 0, 0, 0)),
        HeatCell(0, 2, (0, 0, 1, 0, 0)),
        HeatCell(1, 0, (0, 0, 0, 1, 1)),
        HeatCell(2, 2, (1, 0, 0, 0, 0)),
    )


def test_where_nothing_is_written_each_span_that_reads_is_a_step():
    spans = Spans()
    for name in ("a", "b"):
        spans.add(name, events=[touched("x", "read")])
    assert figures_of(spans.found).heat.steps == ("a", "b")


def test_files_that_a_tool_inside_of_a_turn_touched_are_those_of_the_turn():
    spans = Spans()
    tool = spans.add("tool", spans.turn("1"), kind="tool")
    spans.add("deep", tool, events=[touched("a", "write")])
    figures = figures_of(spans.found)
    assert figures.turns[0].accesses == (("a", "write"),)
    assert len(figures.heat.cells) == 1


def test_damaged_figures_are_not_drawn():
    spans = Spans()
    turn = spans.turn("1", number=2.0, PLANNER_CONTEXT=-4)
    spans.add("evaluate", turn, PLANNER_ERRORS=1e300, PLANNER_TESTS_PASSED=True, PLANNER_TESTS_FAILED="x")
    spans.add("step", PLANNER_STEP="7", PLANNER_REQUIREMENTS='{"R1": 1}')
    figures = figures_of(spans.found)
    (found,) = figures.turns
    assert (found.key.turn, found.errors, found.passed, found.letters) == (2, 10**15, None, None)
    assert figures.steps[1].requirements == ()


def test_spans_inside_one_another_in_a_circle_do_no_harm():
    spans = Spans()
    one, other = spans.add("a"), spans.add("b")
    circle = [replace(spans.found[0], parent=other), replace(spans.found[1], parent=one)]
    assert figures_of(circle) == Figures()
