import io
import json
from dataclasses import replace

import pytest
from rich.console import Console
from rich.text import Text

from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.terminal import heading, print_lines, span_label, totals_lines, trace_lines
from llm_strategy.tracing.exporters.terminal_chats import chat_lines
from llm_strategy.tracing.exporters.terminal_live import EndedSpans, live_lines
from llm_strategy.tracing.exporters.terminal_rows import TreeView
from llm_strategy.tracing.exporters.trace_data import trace_data
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import EventRecord, SpanRecord

HOSTILE = "\x1b[31mred\x1b]0;owned\x07 [bold]loud[/bold] \u202eevil\u202c\x9b1m\r"


def console(width=None, height=None, encoding="utf-8"):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    return Console(
        file=file,
        force_terminal=width is not None,
        width=width or 1000,
        height=height,
        highlight=False,
        legacy_windows=False,
    )


def printed(lines, to):
    print_lines(to, lines)
    to.file.flush()
    return to.file.buffer.getvalue().decode(to.file.encoding)


WHOLE = TreeView()


def shown(trace, view=WHOLE, to=None):
    to = to or console()
    return printed(trace_lines(trace, view, to), to)


def totals(trace, **options):
    return printed(totals_lines(trace, **options), console())


def changed(trace, kind, **changes):
    """Change the last span of a kind."""
    last = [span for span in trace.spans if span.kind == kind][-1]
    return RecordedTrace.of(replace(span, **changes) if span is last else span for span in trace.spans)


def test_a_tree_has_a_line_for_each_span_with_time_tokens_and_cost():
    lines = shown(sample_trace(1)).splitlines()
    assert lines[0].split() == ["time", "tokens", "in", "out", "cost"]
    assert [line.strip(" │├└─").split()[0] for line in lines[1:]] == [
        "sample",
        "score:",
        "shop.Catalogue.describe",
        '(article="a',
        "prompt",
        "attempt",
        "read",
        "chat",
    ]
    chat = next(line for line in lines if "chat gpt-4o-mini" in line)
    assert chat.split()[-4:] == ["ms", "130", "20", "$0.0000195"]
    assert '(article="a red bicycle 0") -> {"text": "a red bicycle"}' in "\n".join(lines)


def test_tokens_and_costs_of_a_function_are_those_of_what_it_asked():
    lines = shown(sample_trace(3)).splitlines()
    functions = [line.split()[-3:] for line in lines if "shop.Catalogue" in line]
    assert functions == [["130", "20", "$0.0000195"], ["130", "21", "$0.0000195"], ["290", "44", "$0.0000435"]]


def test_an_unknown_cost_is_a_question_mark_and_never_a_zero():
    attributes = {name: value for name, value in sample_trace(1).spans[-1].attributes.items() if name != semconv.COST}
    trace = changed(sample_trace(1), "chat", attributes=attributes)
    assert [line.split()[-1] for line in shown(trace).splitlines() if "130" in line] == ["?", "?", "?"]
    assert "20 out, ?," in totals(trace)
    assert "the price of 1 request is not known" in totals(trace)


def test_unknown_numbers_of_tokens_are_question_marks_as_well():
    trace = changed(sample_trace(1), "chat", attributes={})
    assert "? tokens in, ? out, ?" in totals(trace)
    assert shown(trace).count("?        ?             ?") == 3


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ({}, ["numbers of tokens and the price of 1 request are"]),
        ({semconv.COST: 0.1}, ["numbers of tokens of 1 request are"]),
        ({semconv.INPUT_TOKENS: 1}, ["price of 1 request is"]),
    ],
    ids=["both", "tokens", "price"],
)
def test_the_last_lines_say_what_is_not_known(second, told):
    two = sample_trace(2)
    last = max(span.start for span in two.spans if span.kind == "chat")
    spans = [replace(span, attributes=second, status="error") if span.start == last else span for span in two.spans]
    found = totals(RecordedTrace.of(spans))
    assert [one for one in found.splitlines() if one.startswith("?")] == [f"?: the {one} not known." for one in told]


def test_a_partly_known_cost_says_both():
    two = sample_trace(2)
    last = [span for span in two.spans if span.kind == "chat"][-1]
    attributes = {name: value for name, value in last.attributes.items() if name != semconv.COST}
    assert "$0.0000195 + ?" in totals(changed(two, "chat", attributes=attributes))


def test_failures_are_red_with_their_message_and_retries_are_yellow():
    text = shown(sample_trace(3), to=console(100))
    assert "\x1b[31mattempt 1\x1b[0m" in text
    assert "\x1b[31mInvalidValueError: `text` is missing in a red bicycle" in text
    assert "\x1b[33mattempt 2\x1b[0m" in text
    assert "\x1b[33m [retry]" in text


def test_what_a_wrong_attempt_got_as_reply_is_shown():
    text = shown(sample_trace(3))
    assert text.count("reply: ") == 1


def test_the_same_error_is_told_once_and_not_again_by_what_is_inside():
    trace = sample_trace(7)
    assert shown(trace).count("AttemptsExhaustedError") == 1


def test_a_failure_without_a_message_has_its_type_or_a_word():
    span = SpanRecord("1" * 32, "2" * 16, None, "work", "step", 1, 2, "error")
    assert "failed" in shown(RecordedTrace.of([span]))
    typed = replace(span, attributes={semconv.ERROR_TYPE: "KeyError"}, message="'x'")
    assert "KeyError: 'x'" in shown(RecordedTrace.of([typed]))


def test_marks_say_what_became_of_a_span():
    span = SpanRecord("1" * 32, "2" * 16, None, "chat m", "chat", 1_000_000_000)
    cached = replace(span, end=2_000_000_000, attributes={semconv.CACHE_HIT: True, semconv.CANCELLED: True})
    assert span_label(span).plain == "chat m [no end]"
    assert span_label(span, now=5).plain == "chat m [running]"
    assert span_label(cached).plain == "chat m [cached] [cancelled]"
    assert span_label(replace(span, name="")).plain == "(not recorded)"


def test_a_running_span_shows_how_long_it_has_been_running():
    span = SpanRecord("1" * 32, "2" * 16, None, "chat m", "chat", 1_000_000_000)
    assert "5.0 s" in shown(RecordedTrace.of([span]), TreeView(now=6_000_000_000))
    assert "..." in shown(RecordedTrace.of([span]))


def test_spans_without_an_end_are_counted_unless_the_trace_is_followed():
    trace = changed(sample_trace(1), "session", end=None)
    assert "1 span without an end: the program is running, or was stopped" in totals(trace)
    assert "without an end" not in totals(trace, running=True)


def test_a_pipe_gets_no_colours_and_whole_lines():
    text = shown(sample_trace(3, text="word " * 60))
    assert "\x1b" not in text
    assert "…" not in text
    assert max(map(len, text.splitlines())) > 300


def test_a_very_long_text_is_cut_and_says_so():
    assert "..." in shown(sample_trace(1, text="x" * 10_000))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width):
    trace = sample_trace(9, text="word " * 60)
    to = console(width)
    text = printed([heading(trace), *trace_lines(trace, TreeView(), to), *totals_lines(trace)], to)
    assert max(Text.from_ansi(line).cell_len for line in text.splitlines()) <= width


def test_a_long_name_is_cut_in_a_terminal_so_that_its_figures_can_be_seen():
    trace = changed(sample_trace(1), "chat", name="chat " + "long" * 30)
    assert "…" in shown(trace, to=console(90))
    assert shown(trace, to=console(90)).count("$0.0000195") == 3
    assert "long" * 30 in shown(trace)


def test_what_steers_a_terminal_does_not_reach_it():
    trace = sample_trace(7, text=HOSTILE)
    trace = changed(trace, "session", name=HOSTILE)
    for to in (console(), console(100)):
        lines = [heading(trace), *trace_lines(trace, TreeView(), to), *chat_lines(trace, to), *totals_lines(trace)]
        assert not {"\x1b", "\x07", "\u202e", "\u202c", "\x9b", "\r"} & set("".join(line.plain for line in lines))
        assert any("[bold]loud[/bold]" in line.plain for line in lines)


def test_data_for_other_programs_hold_no_control_sequences():
    text = json.dumps(trace_data(sample_trace(2, text=HOSTILE), TreeView()), allow_nan=False, ensure_ascii=False)
    assert not {"\x1b", "\x07", "\u202e", "\u202c", "\x9b", "\r"} & set(text)


def test_signs_that_a_terminal_does_not_know_are_replaced():
    text = shown(sample_trace(3), to=console(encoding="ascii"))
    assert "`- prompt" in text
    assert "x attempt 1" in text


def test_depth_leaves_out_what_is_deeper():
    text = shown(sample_trace(3), TreeView(depth=1))
    assert text.count("shop.Catalogue") == 3
    assert "prompt" not in text


def test_only_what_failed_is_shown_with_what_is_around_it():
    text = shown(sample_trace(7), TreeView(errors=True))
    assert text.count("shop.Catalogue") == 3
    assert text.count("✗") == 6
    assert text.count("sample ") == 1
    assert shown(sample_trace(1), TreeView(errors=True)) == ""


@pytest.mark.parametrize("pattern", ["describe", "Catalogue.*", "shop.Catalogue.describe", "*"])
def test_functions_are_found_by_the_end_of_their_name(pattern):
    trace = changed(sample_trace(2), "function", attributes={semconv.FUNCTION: "other.name"}, name="other.name")
    text = shown(trace, TreeView(function=pattern))
    assert text.count("shop.Catalogue") == 1
    assert ("other.name" in text) == (pattern == "*")


def test_functions_and_errors_can_be_asked_for_together():
    assert shown(sample_trace(7), TreeView(function="describe", errors=True)).count("✗") == 6
    assert shown(sample_trace(7), TreeView(function="nothing", errors=True)) == ""


def test_without_content_there_is_no_word_of_what_models_were_told_and_said():
    text = shown(sample_trace(7, text="secret plan"), TreeView(content=False))
    assert "secret plan" not in text
    assert "AttemptsExhaustedError" in text
    data = json.dumps(trace_data(sample_trace(7, text="secret plan"), TreeView(content=False)))
    assert "secret plan" not in data


def test_long_runs_of_alike_siblings_are_summed_up_and_nothing_that_failed_is():
    trace = sample_trace(60)
    text = shown(trace)
    assert text.count("✗ shop.Catalogue") == 8
    assert "... 3 more shop.Catalogue.describe (1 retry)" in text
    more = next(line for line in text.splitlines() if "... 3 more" in line)
    assert more.split()[-3:] == ["550", "97", "$0.0000825"]
    assert "more shop" not in shown(trace, TreeView(whole=True))


def test_a_chain_of_a_thousand_spans_is_drawn_without_growing_with_its_square():
    spans = [
        SpanRecord(
            "1" * 32, f"{number + 1:016x}", f"{number:016x}" if number else None, f"step {number}", "step", number, 5000
        )
        for number in range(1000)
    ]
    text = shown(RecordedTrace.of(spans))
    assert "step 999" in text
    assert len(text) < 200_000


def test_tools_code_files_and_events_say_what_they_did():
    common = {"trace": "1" * 32, "parent": "0" * 15 + "1", "start": 2, "end": 3}
    events = (
        EventRecord(semconv.FILE, 2, {semconv.FILE_PATH: "a.py", semconv.FILE_OPERATION: "write"}),
        EventRecord(semconv.EVALUATION, 2, {semconv.EVALUATION_SCORE: 0.5}),
        EventRecord(semconv.EVALUATION, 2, {semconv.EVALUATION_NAME: "odd", semconv.EVALUATION_SCORE: "x"}),
        EventRecord(semconv.EXCEPTION, 2, {}),
        EventRecord("of the user", 2, {}),
    )
    spans = [
        SpanRecord("1" * 32, "0" * 15 + "1", None, "s", "session", 1, 9, events=events),
        SpanRecord(
            span="2" * 16,
            name="add",
            kind="tool",
            attributes={semconv.TOOL_ARGUMENTS: '{"a": 1}', semconv.TOOL_RESULT: "2"},
            **common,
        ),
        SpanRecord(
            span="3" * 16,
            name="run",
            kind="code",
            attributes={semconv.CODE: "print(1)", semconv.CODE_OUTPUT: "1"},
            **common,
        ),
        SpanRecord(span="4" * 16, name="odd", kind="tool", attributes={semconv.TOOL_ARGUMENTS: "[damaged"}, **common),
    ]
    lines = [line.strip(" │") for line in shown(RecordedTrace.of(spans)).splitlines()]
    for line in ("write a.py", "score: 0.5", "odd: ?", "of the user", "(a=1) -> 2", ">>> print(1)", "1", "([damaged)"):
        assert line in lines
    assert not any(line.startswith("exception") for line in lines)


def test_cache_hits_cost_nothing_and_are_counted():
    trace = changed(sample_trace(1), "chat", attributes={semconv.CACHE_HIT: True})
    assert "1 cache hit" in totals(trace)
    assert "$0," in totals(trace)
    assert "chat gpt-4o-mini [cached]" in shown(trace)
    assert "?" not in shown(trace)


def test_an_impossible_time_is_no_failure():
    span = SpanRecord("1" * 32, "2" * 16, None, "s", "session", 2**63 - 1, 2**63 - 1)
    assert "trace s" in heading(RecordedTrace.of([span])).plain


def test_conversations_stand_once_with_their_branches():
    to = console()
    lines = printed(chat_lines(sample_trace(3), to), to).splitlines()
    assert lines[0] == "system  (in 4 chats)"
    assert sum("Describe the article." in line for line in lines) == 1
    assert [line for line in lines if "user" in line and "─" in line] == ["├─ user", "├─ user", "└─ user  (in 2 chats)"]
    assert "   └─ assistant  (sent along)" in lines


def test_conversations_that_share_nothing_stand_apart():
    one, other = sample_trace(1), sample_trace(1, text="x")
    attributes = other.spans[-1].attributes | {semconv.INPUT_MESSAGES: '[{"role": "user", "parts": []}]'}
    trace = RecordedTrace.of([*one.spans, replace(other.spans[-1], span="f" * 16, attributes=attributes)])
    to = console()
    assert printed(chat_lines(trace, to), to).splitlines()[5:8] == ['  {"text": "a red bicycle"}', "", "user"]


def test_a_chat_that_failed_or_was_not_recorded_says_so():
    trace = changed(sample_trace(1), "chat", status="error", message="no network", attributes={})
    to = console()
    text = printed(chat_lines(trace, to), to)
    assert "(not recorded)" in text
    assert "✗ no network" in text


def test_branches_of_branches_stay_readable():
    spans = []
    for number in range(40):
        for other in range(2):
            said = [{"role": "user", "parts": [{"type": "text", "content": f"turn {one}"}]} for one in range(number)]
            said.append({"role": "user", "parts": [{"type": "text", "content": f"other {number} {other}"}]})
            attributes = {semconv.INPUT_MESSAGES: json.dumps(said)}
            spans.append(
                SpanRecord(
                    "1" * 32, f"{2 * number + other + 1:016x}", None, "c", "chat", len(spans), 100, "ok", "", attributes
                )
            )
    to = console()
    lines = printed(chat_lines(RecordedTrace.of(spans), to), to).splitlines()
    assert any("other 39 1" in line for line in lines)
    assert max(map(len, lines)) < 100


def test_a_live_view_fits_the_terminal_and_shows_its_end():
    trace = sample_trace(30)
    lines = [line.plain for line in live_lines(trace, TreeView(now=1), console(100, 20))]
    assert len(lines) <= 20
    assert "lines above" in lines[2]
    assert lines[-1].startswith("total")
    few = [line.plain for line in live_lines(sample_trace(1), TreeView(), console(100, 40))]
    assert not any("above" in line for line in few)


def test_a_live_view_of_nothing_that_fits_is_its_heading_and_totals():
    assert len(live_lines(sample_trace(1), TreeView(errors=True), console(100, 20))) == 3


def test_spans_are_told_as_they_end_with_the_sums_of_what_is_inside():
    trace = sample_trace(7)
    ended = EndedSpans(content=True)
    by_end = sorted(trace.spans, key=lambda span: span.end)
    lines = [line.plain for span in by_end for line in ended.lines(span)]
    last = [line for line in lines if " function " in line][-1]
    assert last.endswith("290 in 52 out  $0.0000435")
    assert sum("AttemptsExhaustedError" in line for line in lines) == 1
    assert list(ended.lines(replace(trace.spans[0], end=None))) == []
