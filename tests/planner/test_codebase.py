"""What a report says of itself in a few lines."""

from pathlib import Path

from llm_strategy.planner.codebase import PlannerReport
from llm_strategy.planner.state import Spent, StepRecord


def report(*steps):
    records = tuple(StepRecord(path, outcome, 1, "", Spent(), 0.0) for path, outcome in steps)
    return str(PlannerReport("A tool.", Path("made"), "done", records)).splitlines()[1]


def test_conditions_and_planning_are_no_steps():
    steps = [(":plan", "done"), ("1", "done"), ("2", "yes"), ("2[1]/3", "done"), ("2", "no"), ("4", "failed")]
    assert report(*steps) == "steps: 2 of 3 done"


def test_what_another_plan_has_replaced_is_told_apart():
    assert report(("1", "done"), ("2", "replaced"), ("3", "done")) == "steps: 2 of 2 done, 1 replaced by another plan"
