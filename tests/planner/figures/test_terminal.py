"""The figures of a run as lines of a terminal."""

from io import BytesIO, StringIO, TextIOWrapper

import pytest
from rich.console import Console

from llm_strategy.planner.figures.data import figures_of
from llm_strategy.planner.figures.summary import RequirementRow, RunSummary, StepRow, SummaryRow
from llm_strategy.planner.figures.terminal import figure_lines, print_figures, sparkline
from llm_strategy.testing.sample_planner_traces import sample_planner_trace
from llm_strategy.testing.sample_traces import sample_trace

HOSTILE = "[red]\x1b[31mred\u202e\nline"


def figures(steps=4, **more):
    return figures_of(sample_planner_trace(steps, **more).spans)


def lines_of(shown, width=80, **more):
    return [line.plain.rstrip() for line in figure_lines(shown, width, **more)]


def printed(shown, summary=None, width=80):
    written = StringIO()
    print_figures(Console(file=written, width=width, force_terminal=True, color_system=None), shown, summary)
    return written.getvalue()


def test_a_run_is_told_line_by_line():
    assert lines_of(figures()) == [
        "stood in a context    ▂▄▅█  5 of 5 requirements",
        "named by the program  ████  5 of 5",
        "errors                ▁█▁▁▃▁  0 at last, 3 at most",
        "tests passed          ▂ ▄▆ █  8 at last, 8 at most",
        "tests failed          ▁ ▁▁ ▁  0 at last, 0 at most",
        "context, letters      ▆▇█▇▇█  6,140 at last, 6,140 at most",
        "context, tokens       ▆▇█▇▇█  1,535 at last, 1,535 at most",
        "files over 6 steps: r read, w written, c created, d deleted",
        "src/part_0/bicycles_0.py  c wr",
        "src/part_1/bicycles_1.py  cr  r",
        "src/part_2/bicycles_2.py   c r",
        "src/part_0/bicycles_3.py   c  r",
        "src/part_1/bicycles_4.py     c",
        "src/part_2/bicycles_5.py     cw",
        "src/part_0/bicycles_6.py      cw",
        "src/part_1/bicycles_7.py      c",
    ]


def test_other_traces_say_why_a_figure_is_empty():
    told = lines_of(figures_of(sample_trace(2).spans))
    assert told[:3] == [
        "stood in a context    The trace is not of a planner.",
        "errors                The trace is not of a planner.",
        "tests passed          The trace is not of a planner.",
    ]
    assert lines_of(figures_of([]))[-1] == "files                 No access to a file was recorded."


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_long_run_fits_the_width(width):
    told = printed(figures(300, files=200), width=width).splitlines()
    assert max(map(len, told)) <= width
    assert told[-1] == "... 180 more files"
    assert "... 260 more steps" in told


def test_what_was_not_looked_at_is_a_gap_and_no_zero():
    assert sparkline([None, 0, None, 2, 1], 80) == " ▁ █▄"
    assert sparkline([], 80) == ""
    assert sparkline([5], 0) == "█"


def test_of_many_values_the_highest_of_each_place_is_seen():
    assert sparkline([*[0] * 50, 9, *[0] * 49], 4) == "▁▁█▁"


def test_a_long_path_keeps_its_end():
    told = lines_of(figures(2, files=1, text="x" * 90), 60)
    assert told[-1] == f"...{'x' * 12}_0.py  cww"


def test_the_summary_stands_above():
    summary = RunSummary(
        "A list", "Stopped", "Too dear.", "warn",
        (SummaryRow("Features", "50 %", "1 of 2", "good"), SummaryRow("LOC", "7")),
        (StepRow("1", "Write it", "done"), StepRow("2", "Mend it", "", 0, "not begun")),
        (RequirementRow("R1", "It adds", state="failed"),),
    )  # fmt: skip
    told = [line.rstrip() for line in printed(figures_of([]), summary).splitlines()]
    assert told[:12] == [
        "A list", "Stopped  Too dear.", "Features  50 %  1 of 2", "LOC       7", "",
        "steps", "done  1  Write it", "-     2  Mend it  not begun", "", "requirements", "failed  R1  It adds", "",
    ]  # fmt: skip


def test_nothing_steers_the_terminal_and_no_markup_is_read():
    rows = (SummaryRow(HOSTILE, HOSTILE, HOSTILE),)
    steps = (StepRow(HOSTILE, HOSTILE, HOSTILE, 1, HOSTILE),)
    told = printed(figures(text=HOSTILE), RunSummary(HOSTILE, HOSTILE, HOSTILE, "", rows, steps), 200)
    assert [sign for sign in told if not sign.isprintable() and sign != "\n"] == []
    assert "[red][31mred line" in told


def test_a_terminal_that_knows_ascii_alone_gets_no_other_signs():
    written = TextIOWrapper(BytesIO(), encoding="ascii")
    print_figures(Console(file=written, width=80), figures())
    written.flush()
    told = written.buffer.getvalue().decode("ascii")
    assert told.startswith("generate\n\nsteps\ndone  1  Write part 1")
    assert "stood in a context    .-=#  5 of 5 requirements\n" in told
