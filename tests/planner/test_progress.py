import pytest

from llm_strategy.planner import Instruction, Program
from llm_strategy.planner.evaluators import Verdict
from llm_strategy.planner.events import Ended, Planned, StepBegan, StepEnded, Turned
from llm_strategy.planner.progress import Progress
from llm_strategy.planner.state import Spent

PROGRAM = Program("t", instructions=(Instruction("1", "Write a."), Instruction("2", "Write b.")))


@pytest.fixture
def progress():
    return Progress(PROGRAM, {"1": "done"}, Spent(calls=2))


def test_a_run_that_is_resumed_begins_where_it_was(progress):
    assert progress.done == 1
    assert [row.outcome for row in progress.rows] == ["done", ""]
    assert progress.spent.calls == 2


def test_files_are_counted_once_as_made_or_changed(progress):
    progress.take(StepBegan("2", "Write b."))
    progress.take(Turned("2", 1, 1, created=("b", "c"), written=("a",)))
    progress.take(Turned("2", 1, 2, written=("b", "a"), deleted=("c",)))
    assert (progress.made, progress.changed) == ({"b"}, {"a"})
    assert progress.current == "2"
    assert progress.turn.turn == 2


def test_the_files_of_a_step_that_failed_are_as_before(progress):
    progress.take(StepBegan("1", "Write a."))
    progress.take(Turned("1", 1, 1, created=("a",)))
    progress.take(StepEnded("1", "done", "", Spent()))
    progress.take(StepBegan("2", "Write b."))
    progress.take(Turned("2", 1, 1, created=("b",), written=("x",)))
    progress.take(StepEnded("2", "failed", "", Spent()))
    assert (progress.made, progress.changed) == ({"a"}, set())


def test_the_last_verdict_stays_until_there_is_another(progress):
    progress.take(Turned("2", 1, 1, verdict=Verdict(ran_tests=True)))
    progress.take(Turned("2", 1, 2))
    assert progress.verdict.ran_tests


def test_another_program_shows_its_own_steps(progress):
    progress.take(Planned(Program("t", instructions=(Instruction("3", "Write c."),)), "replanned"))
    assert [row.path for row in progress.rows] == ["3"]


def test_costs_are_added_up_and_the_end_tells_all_of_them(progress):
    progress.take(StepEnded("2", "done", "", Spent(calls=1)))
    assert progress.spent.calls == 3
    progress.take(Ended("done", Spent(calls=9)))
    assert (progress.spent.calls, progress.reason, progress.current) == (9, "done", "")


def test_time_is_that_of_this_run():
    seconds = [5.0]
    progress = Progress(clock=lambda: seconds[0])
    seconds[0] = 7.5
    assert progress.seconds == 2.5
