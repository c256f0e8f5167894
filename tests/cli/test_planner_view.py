"""What is drawn, told and asked while a run goes on."""

import io
import os
import subprocess
import sys

import pytest
from rich.console import Console

from llm_strategy.cli.planner_talk import Talk
from llm_strategy.cli.planner_view import LiveView, View
from llm_strategy.cli.planner_words import event_lines, turn_text, verdict_text
from llm_strategy.messages import Usage
from llm_strategy.planner import Instruction, Program, Requirement
from llm_strategy.planner.evaluators import Verdict
from llm_strategy.planner.evaluators.verdict import TestOutcome
from llm_strategy.planner.events import Ended, Planned, StepBegan, StepEnded, Turned
from llm_strategy.planner.hooks import Proposal
from llm_strategy.planner.parts import OpenQuestion
from llm_strategy.planner.progress import Progress
from llm_strategy.planner.state import RunState, Spent


def program_of(count, text="Write file {0}."):
    steps = (Instruction(str(number), text.format(number), ("R1",)) for number in range(1, count + 1))
    return Program("t", (Requirement("R1", "It works."),), tuple(steps))


@pytest.fixture
def seconds():
    return [0.0]


@pytest.fixture
def view_of(seconds):
    """Make a view of a terminal; what it shows is returned as lines by `shown`."""

    def make(width=80, height=24, encoding="utf-8"):
        file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        console = Console(file=file, force_terminal=True, width=width, height=height, color_system=None)
        return LiveView(console, Progress(clock=lambda: seconds[0]), "A list \x1b[31m(made)")

    return make


def shown(view):
    with view._console.capture() as captured:
        view._console.print(view.drawn())
    return [line.rstrip() for line in captured.get().splitlines()]


def test_before_there_is_a_program_it_is_planned(view_of):
    assert shown(view_of())[:2] == ["A list [31m(made)", "▶ planning"]


def test_steps_are_shown_with_what_became_of_them_and_figures_below(view_of, seconds):
    view = view_of()
    view(Planned(program_of(3), "planned"))
    view(StepBegan("1", "Write file 1."))
    view.meter.take(Usage(100, 20), 0.25)
    view(StepEnded("1", "done", "", Spent(1, 100, 20, 0.25, 2.0)))
    view(StepBegan("2", "Write file 2."))
    tests = (TestOutcome("test_a.py::test_a", "passed"), TestOutcome("test_a.py::test_b", "failed"))
    view(Turned("2", 1, 2, created=("a.py",), written=("b.py",), verdict=Verdict(tests=tests, ran_tests=True)))
    view.meter.take(Usage(10, 5), 0.25)
    seconds[0] = 65
    assert shown(view) == [
        "A list [31m(made)",
        "✓ 1 Write file 1.  R1",
        "▶ 2 Write file 2.  R1",
        "  3 Write file 3.  R1",
        "",
        "attempt 1, reply 2: made a.py; changed b.py; no problems, 1 of 2 tests passed",
        "1 of 3 steps done · files: 1 made, 1 changed · no problems, 1 of 2 tests passed",
        "135 tokens · $0.500 · 1 min 05 s",
    ]


def test_what_has_no_price_is_a_question_mark(view_of):
    view = view_of()
    view.meter.take(Usage(10, 5), None)
    assert "15 tokens · $? · 0 ms" in shown(view)


@pytest.mark.parametrize("width", [80, 120])
def test_a_long_program_is_windowed_around_the_current_step(view_of, width):
    view = view_of(width=width)
    view(Planned(program_of(100, "Write file {0} " + "and so on " * 30), "planned"))
    view(StepBegan("50", "Write file 50."))
    lines = shown(view)
    assert len(lines) < 24
    assert max(map(len, lines)) <= width
    assert lines[1] == "  … 44 before"
    assert lines[7].startswith("▶ 50 Write file 50 and")
    assert lines[7].endswith("…  R1")
    assert "  … 40 more" in lines
    view(Ended("stopped", Spent()))
    assert shown(view)[1].startswith("  1 Write")


def test_failed_steps_are_counted_and_conditions_are_marked(view_of):
    view = view_of()
    view(Planned(program_of(2), "planned"))
    view(StepEnded("1", "failed", "no", Spent()))
    lines = shown(view)
    assert lines[1].startswith("✗ 1")
    assert "0 of 2 steps done, 1 failed" in lines[4]
    view(StepEnded("2", "done", "", Spent()))
    assert "▶ planning" in shown(view)
    view(Ended("failed: 1", Spent()))
    assert "▶ planning" not in shown(view)


def test_a_terminal_without_such_signs_is_shown_others(view_of):
    view = view_of(encoding="ascii")
    view(Planned(program_of(1), "planned"))
    view(StepBegan("1", ""))
    assert shown(view)[1].startswith("> 1 Write")


def test_what_is_drawn_makes_room_for_questions_and_stays_at_the_end(view_of):
    view = view_of()
    with view:
        view(Planned(program_of(1), "planned"))
        view.tell(["assumed: this"])
        with view.paused():
            assert not view._live.is_started
        assert view._live.is_started
    view._console.file.flush()
    printed = view._console.file.buffer.getvalue().decode()
    assert "assumed: this" in printed
    assert printed.rstrip().endswith("s")


def test_a_run_that_could_not_begin_leaves_nothing_behind_but_its_error(view_of):
    view = view_of()
    with pytest.raises(KeyboardInterrupt), view:
        raise KeyboardInterrupt
    view._console.file.flush()
    printed = view._console.file.buffer.getvalue().decode()
    assert printed.endswith("\x1b[2K")  # the line is cleared


def test_where_a_question_is_broken_off_nothing_is_drawn_over_it(view_of):
    view = view_of()
    with pytest.raises(KeyboardInterrupt), view, view.paused():
        raise KeyboardInterrupt
    assert not view._live.is_started


def test_a_view_that_shows_nothing_follows_the_run_all_the_same():
    view = View(Progress())
    with view, view.paused():
        view(Planned(program_of(1), "planned"))
        view.tell(["nothing"])
    assert len(view.progress.rows) == 1


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (StepEnded(":plan", "done", "", Spent(1)), ["planning: 1 call, ? tokens, $0, 0 ms"]),
        (StepEnded(":replan0", "done", "", Spent()), ["planning anew: 0 calls, 0 tokens, $0, 0 ms"]),
        (StepEnded("1", "failed", "It\nstalls.", Spent()), ["    failed: It stalls. (0 calls, 0 tokens, $0, 0 ms)"]),
        (StepEnded("1", "yes", "", Spent(dollars=None)), ["    yes (0 calls, 0 tokens, $?, 0 ms)"]),
        (Turned("1", 2, 1, deleted=("a",), refused=("no",)), ["    attempt 2, reply 1: removed a; edits refused"]),
        (Ended("done", Spent()), []),
    ],
)
def test_events_are_told_in_lines(event, lines):
    assert event_lines(event, ()) == lines


def test_a_reply_without_edits_and_problems_are_told():
    assert turn_text(Turned("1", 1, 1)) == "no edits"
    assert verdict_text(Verdict(ran_tests=True)) == "no problems, no tests"


@pytest.fixture
def answers(monkeypatch):
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.mark.parametrize(("given", "answer"), [("\n", "In a file."), ("  In memory.\n", "In memory.")])
def test_a_question_is_asked_and_enter_takes_the_default(answers, capsys, tmp_path, given, answer):
    answers(given)
    talk = Talk(View(Progress()), tmp_path, "none")
    assert talk.ask(OpenQuestion("Where\x1b[31m?", "In a file.")) == answer
    assert capsys.readouterr().err == "\nWhere[31m?\n  (Enter: In a file.) "


def test_the_end_of_the_input_stops_the_run(answers, tmp_path):
    answers("")
    with pytest.raises(KeyboardInterrupt):
        Talk(View(Progress()), tmp_path, "none").ask(OpenQuestion("Where?", "Here."))


@pytest.mark.parametrize(
    ("level", "asked"),
    [("none", []), ("program", ["program"]), ("steps", ["program", "step"]), ("edits", ["program", "step", "edits"])],
)
def test_each_level_of_confirming_asks_for_those_before_it_as_well(answers, tmp_path, level, asked):
    answers("n\n" * 3)
    talk = Talk(View(Progress()), tmp_path, level)
    kinds = ("program", "step", "edits")
    assert [kind for kind in kinds if not talk.confirm(Proposal(kind, "1", "text"))] == asked


def test_a_confirmation_is_asked_until_it_is_understood(answers, capsys, tmp_path):
    answers("what\ne\n\n")
    assert Talk(View(Progress()), tmp_path, "steps").confirm(Proposal("step", "1", "x" * 30_000))
    told = capsys.readouterr().err
    assert told.count("Do it? [Y]es, [n]o: ") == 3
    assert "... (30,000 letters)" in told


@pytest.mark.parametrize(
    ("editor", "words"), [("/no/such/editor", "cannot be started"), ("true", "Nothing was changed.")]
)
def test_a_program_can_be_edited_before_it_is_confirmed(answers, capsys, tmp_path, monkeypatch, editor, words):
    monkeypatch.setenv("VISUAL", editor)
    answers("e\ny\n")
    with RunState(tmp_path) as state:
        state.begin("t", "custom", {})
        state.set_program(program_of(1), "planned")
        assert Talk(View(Progress()), tmp_path, "program").confirm(Proposal("program", "", "task: t"))
    assert words in capsys.readouterr().err


AT_A_TERMINAL = """
import json, sys
from types import ModuleType
from llm_strategy.chat.resolve import SCHEMES
from llm_strategy.testing import ScriptedModel
value = lambda found: json.dumps({"return_value": found})
opener = ModuleType("opener")
opener.open_model = lambda rest: ScriptedModel([
    value([{"question": "Which file?", "default": "a.txt"}]),
    value(["It is there."]),
    value([{"do": "Write a.txt.", "requirements": ["R1"]}]),
    value([{"do": "Write a.txt.", "requirements": ["R1"]}]),
    "a.txt\\n```\\none\\n```",
])
sys.modules["opener"], SCHEMES["scripted"] = opener, "opener:open_model"
from llm_strategy.cli.main import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are those of Unix")
def test_at_a_terminal_questions_are_asked_and_the_run_is_drawn(place):
    outside, inside = os.openpty()
    words = ("generate", "A file.", "--domain", "custom", "-m", "scripted:x", "-w", "made")
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    process = subprocess.Popen(
        [sys.executable, "-c", AT_A_TERMINAL, *words], stdin=inside, stdout=inside, stderr=inside, env=environment
    )
    os.close(inside)
    told = b""
    try:
        while b"(Enter: a.txt)" not in told:
            told += os.read(outside, 4096)
        os.write(outside, b"\n")
        while piece := os.read(outside, 4096):
            told += piece
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(outside)
    assert process.wait(60) == 0, told.decode()
    text = told.decode()
    assert "Which file?" in text
    assert "planning" in text
    assert "1 of 1 step done" in text
    assert "done: made" in text
    assert "assumed" not in text
