"""The report of a run in the words of a page."""

from pathlib import Path

from llm_strategy.planner.codebase import PlannerReport
from llm_strategy.planner.evaluators.findings import Problem
from llm_strategy.planner.evaluators.verdict import TestOutcome, Verdict
from llm_strategy.planner.figures.of_report import summary_of
from llm_strategy.planner.figures.summary import RequirementRow, StepRow
from llm_strategy.planner.metrics import RequirementTrace
from llm_strategy.planner.program import If, Instruction, Program, Requirement
from llm_strategy.planner.state import Spent, StepRecord

PROGRAM = Program(
    "t",
    (Requirement("R1", "It adds."),),
    (Instruction("1", "Write it.", ("R1",)), If("2", "tests fail", (Instruction("3", "Mend it."),))),
)


def report(**more):
    return PlannerReport("t", Path("w"), **({"reason": "done"} | more))


def rows(**more):
    return {row.name: (row.value, row.note, row.mood) for row in summary_of(report(**more)).rows}


def test_what_was_not_measured_is_left_out():
    assert rows() == {"Lines of code": ("0", "", "")}


def test_figures_are_told_as_people_read_them():
    requirement = RequirementTrace("R1", "It adds.", ("1",), ("a.py",), ("test_a.py::test_R1",), "passed")
    untested = RequirementTrace("R2", "", (), (), (), "untested")
    verdict = Verdict(
        (Problem("a.py", 1, "odd"),), (TestOutcome("t", "passed"), TestOutcome("u", "failed")), ran_tests=True
    )
    told = rows(requirements=(requirement, untested), verdict=verdict, lines=1200, spent=Spent(3, 4000, 50, 0.5, 61))
    assert told == {
        "Features": ("50 %", "1 of 2 requirements tested and met", "warn"),
        "Errors": ("1", "", "bad"),
        "Tests passed": ("1", "1 failed", "bad"),
        "Lines of code": ("1,200", "", ""),
        "Requests": ("3", "", ""),
        "Tokens in": ("4,000", "", ""),
        "Tokens out": ("50", "", ""),
        "Cost": ("$0.500", "", ""),
        "Time": ("1 min 01 s", "", ""),
    }
    assert summary_of(report(requirements=(requirement,))).requirements == (
        RequirementRow("R1", "It adds.", ("1",), ("a.py",), ("test_a.py::test_R1",), "passed"),
    )


def test_a_cost_that_is_not_known_is_no_zero():
    assert rows(spent=Spent(dollars=None))["Cost"][0] == "unknown"


def test_the_reason_is_told_where_a_run_was_stopped():
    done, stopped = summary_of(report()), summary_of(report(reason="budget: 3 calls"))
    assert (done.outcome, done.reason, done.mood) == ("Done", "", "good")
    assert (stopped.outcome, stopped.reason, stopped.mood) == ("Stopped", "budget: 3 calls", "warn")


def test_steps_are_those_of_the_program_then_those_that_it_had_before():
    steps = (
        StepRecord(":plan", "done"),
        StepRecord("1", "failed", is_current=False),
        StepRecord("1", "done", 2, "well"),
        StepRecord("9", "skipped"),
    )
    assert summary_of(report(steps=steps), PROGRAM).steps == (
        StepRow("1", "Write it.", "done", 2, "well", ("R1",)),
        StepRow("2", "if tests fail"),
        StepRow("2/3", "Mend it."),
        StepRow("9", "", "skipped", 1),
    )
    assert [step.path for step in summary_of(report(steps=steps)).steps] == ["1", "9"]
