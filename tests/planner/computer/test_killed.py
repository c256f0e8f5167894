"""A run whose process dies between two writes goes on as if nothing had happened."""

import pytest

from llm_strategy.errors import ReplayError, WorkspaceError
from llm_strategy.planner.state import RunState

A, B = "a.py\n```\na = 1\n```", "b.py\n```\nb = 1\n```"
WRONG = "w.py\n```\nw = (\n```"


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def dies(monkeypatch):
    """Lets the process die at the first call of a method of the state, and makes it well again."""

    def die(*_args, **_options):
        monkeypatch.undo()
        raise Killed

    return lambda name: monkeypatch.setattr(RunState, name, die)


def journals(runs):
    return sorted(path.name for path in (runs.workspace / ".llm-strategy" / "journal").iterdir())


def test_what_died_before_the_run_was_begun_is_begun_anew(runs, program, dies):
    dies("begin")
    with pytest.raises(Killed):
        runs([A], program=program("Write a."))
    with pytest.raises(WorkspaceError, match="There is no run in"):
        runs([], task="", resume=True)

    assert runs([A], program=program("Write a.")).report.is_done


def test_what_died_in_the_making_of_the_state_is_begun_anew(runs, program):
    state = runs.workspace / ".llm-strategy" / "run.sqlite"
    state.parent.mkdir(parents=True)
    state.write_bytes(b"")

    assert runs([A], program=program("Write a.")).report.is_done


def test_a_given_program_whose_file_was_not_written_yet_is_carried_out(runs, program, dies):
    dies("set_program")
    with pytest.raises(Killed):
        runs([A], program=program("Write a."))

    made = runs([A], task="", resume=True)

    assert set(made) == {"a.py"}
    with RunState.reading(runs.workspace) as record:
        assert [one.why for one in record.programs()] == ["given"]


@pytest.mark.parametrize("where", ["set_program", "drop_journal"])
def test_a_plan_is_paid_for_once(runs, value, dies, where):
    dies(where)
    with pytest.raises(Killed):
        runs([value(["It works."]), value([{"do": "Write a.", "requirements": ["R1"]}])])

    made = runs([A], task="", resume=True)

    assert made.report.is_done
    assert made.report.spent.calls == 3
    assert [one.path for one in made.report.steps] == [":plan", "1"]
    assert journals(runs) == []
    with RunState.reading(runs.workspace) as record:
        assert [one.why for one in record.programs()] == ["planned"]


def test_a_step_that_has_failed_is_planned_anew_in_the_next_run(runs, program, value):
    settings = {"attempts": 1, "turns": 1, "replans": 1}
    with pytest.raises(ReplayError):
        runs([WRONG], program=program("Write w."), settings=settings)

    made = runs([value([{"do": "Write b.", "requirements": ["R1"]}]), B], task="", resume=True, settings=settings)

    assert set(made) == {"b.py"}
    assert "This step failed: Write w." in runs.asked(0)
    assert [one.path for one in made.report.steps] == ["1", ":replan0", "2"]


@pytest.mark.parametrize("where", ["set_program", "drop_journal"])
def test_planning_anew_is_paid_for_once(runs, program, value, dies, where):
    settings = {"attempts": 1, "turns": 1, "replans": 1}
    with pytest.raises(ReplayError):
        runs([WRONG], program=program("Write w."), settings=settings)
    dies(where)
    with pytest.raises(Killed):
        runs([value([{"do": "Write b.", "requirements": ["R1"]}])], task="", resume=True, settings=settings)

    made = runs([B], task="", resume=True, settings=settings)

    assert set(made) == {"b.py"}
    assert made.report.spent.calls == 3
    with RunState.reading(runs.workspace) as record:
        assert [one.why for one in record.programs()] == ["given", "replanned: This step failed: Write w."]


def test_a_journal_that_was_to_be_removed_answers_nothing_when_its_step_is_done_again(runs, program, dies):
    dies("drop_journal")
    with pytest.raises(Killed):
        runs([A], program=program("Write a."))
    with RunState(runs.workspace) as state:
        assert journals(runs) == []
        state.reopen("1")

    made = runs([A.replace("1", "2")], task="", resume=True)

    assert made["a.py"] == "a = 2\n"
    assert journals(runs) == []
