import io

import pytest
from rich.console import Console

from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.terminal import print_lines, trace_lines
from llm_strategy.tracing.exporters.terminal_actions import action_texts
from llm_strategy.tracing.exporters.terminal_live import EndedSpans
from llm_strategy.tracing.exporters.terminal_rows import TreeView
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import EventRecord, SpanRecord

HOSTILE = "\x1b[31mred\x1b]0;owned\x07 [bold]loud[/bold] \u202eevil"
TRACE = "1" * 32
SESSION = SpanRecord(TRACE, "0" * 15 + "1", None, "s", "session", 1, 9)


def action(code="x = 1", output="", *, problem="", events=(), **more):
    attributes = {semconv.CODE: code, semconv.CODE_OUTPUT: output, **more}
    status = "error" if problem else "ok"
    return SpanRecord(TRACE, "2" * 16, SESSION.span, "action", "code", 2, 5, status, problem, attributes, tuple(events))


def lines(span, *, full=False):
    return [text.plain for text in action_texts(span, full=full)]


def printed(span, view=None, width=None):
    file = io.StringIO()
    console = Console(file=file, force_terminal=width is not None, width=width or 1000, legacy_windows=False)
    print_lines(console, trace_lines(RecordedTrace.of([SESSION, span]), view or TreeView(), console))
    return file.getvalue()


def test_code_has_prompts_and_its_output_none():
    assert lines(action("for x in y:\n    print(x)", "1\n2\n")) == [">>> for x in y:", "...     print(x)", "1", "2"]


def test_an_action_without_output_shows_its_code_alone():
    assert lines(action("x = 1\n")) == [">>> x = 1"]


def test_an_empty_line_stays_where_it_is():
    assert lines(action("x = 1\n\ny = 2", "a\n\nb")) == [">>> x = 1", "... ", "... y = 2", "a", "", "b"]


def test_long_code_and_long_output_lose_their_middle_and_say_so():
    code, output = "\n".join(f"n{i} = {i}" for i in range(30)), "\n".join(map(str, range(100)))
    shown = lines(action(code, output))
    assert shown[:6] == [">>> n0 = 0", *(f"... n{i} = {i}" for i in range(1, 5)), "    (20 more lines)"]
    assert shown[10] == "... n29 = 29"
    assert shown[11:] == ["0", "1", "2", "3", "4", "(90 more lines)", "95", "96", "97", "98", "99"]


def test_one_line_more_than_fits_is_shown_rather_than_counted():
    assert len(lines(action("x", "\n".join("a" * 11)))) == 12


def test_all_of_it_is_shown_on_demand():
    code = "\n".join(f"n{i} = {i}" for i in range(30))
    shown = lines(action(code, "y" * 5000, **{semconv.SANDBOX: "bubblewrap"}), full=True)
    assert len(shown) == 32
    assert shown[-2:] == ["y" * 5000, "in bubblewrap"]


def test_a_long_line_is_cut():
    (_, cut) = lines(action("x", "y" * 5000))
    assert len(cut) == 300
    assert cut.endswith("…")


def test_very_much_code_is_not_coloured_and_still_shown():
    code = "x = 1\n" * 200_001
    assert lines(action(code))[0] == ">>> x = 1"


def test_actions_that_were_run_again_are_told():
    assert lines(action(**{semconv.CODE_RESTORED: 2}))[-1] == "after 2 actions that had to be run again"
    assert lines(action(**{semconv.CODE_RESTORED: 0})) == [">>> x = 1"]


@pytest.mark.parametrize("full", [False, True])
def test_nothing_in_an_action_steers_the_terminal(full):
    shown = "\n".join(lines(action(f"print({HOSTILE!s})", HOSTILE, **{semconv.SANDBOX: HOSTILE}), full=full))
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "[bold]loud[/bold]" in shown


def test_the_error_of_an_action_is_the_end_of_its_output_and_not_told_twice():
    span = action(
        "1 / 0", "Traceback:\nZeroDivisionError: division by zero", problem="ZeroDivisionError: division by zero"
    )
    assert printed(span).count("ZeroDivisionError") == 1
    red = [text for text in action_texts(span, full=False) if text.style == "red"]
    assert [text.plain for text in red] == ["ZeroDivisionError: division by zero"]


def test_an_error_without_output_is_told():
    assert "Lost: it is gone" in printed(action("x", problem="Lost: it is gone"))


def test_without_content_an_action_says_only_what_kind_of_error_it_met():
    span = action("secret = 1", "secret", problem="KeyError: 'secret'", **{semconv.ERROR_TYPE: "KeyError"})
    shown = printed(span, TreeView(content=False))
    assert "secret" not in shown
    assert "KeyError" in shown


def test_files_of_an_action_are_told():
    event = EventRecord(semconv.FILE, 3, {semconv.FILE_PATH: "out/plot.png", semconv.FILE_OPERATION: "create"})
    assert "create out/plot.png" in printed(action(events=[event]))


def test_code_is_coloured_in_a_terminal_only():
    span = action("import os")
    assert "\x1b[" in printed(span, width=100)
    assert "\x1b" not in printed(span)


def test_a_narrow_terminal_folds_code():
    shown = printed(action("value = " + " + ".join("abcdefgh" for _ in range(20))), width=60)
    assert "abcdefgh" in shown
    assert "…" not in shown


def test_a_trace_that_is_followed_line_by_line_shows_actions_as_they_end():
    shown = [line.plain.strip() for line in EndedSpans(content=True).lines(action("x = 1\nx", "1"))]
    assert shown[1:] == [">>> x = 1", "... x", "1"]
