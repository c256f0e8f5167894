import json
import math
import os
import sqlite3
from contextlib import closing

import pytest

from llm_strategy.errors import InputError, ProgramError, StoredDataError, WorkspaceError
from llm_strategy.planner.program import Instruction, Program
from llm_strategy.planner.state import RunState, Spent


@pytest.fixture
def state(tmp_path):
    with RunState(tmp_path / "work") as opened:
        yield opened


def program(*texts):
    return Program("task", instructions=tuple(Instruction(str(number), text) for number, text in enumerate(texts, 1)))


def damaged(state, statement, *values):
    with closing(sqlite3.connect(state.workspace / ".llm-strategy/run.sqlite", isolation_level=None)) as connection:
        connection.execute(statement, values)


def test_a_run_that_was_begun_is_there_when_its_workspace_is_opened_again(tmp_path):
    with RunState(tmp_path) as state:
        assert not state.is_begun
        state.begin("Say 'hello'\n\ud800", "codebase", {"steps": 10, "model": None, "parts": {"a": [1.5, True]}})
        state.set_program(program("first", "second"), "planned")
        state.note("answers", {"Which language?": "Python"})
        state.close_step("1", "done", attempts=2, note="half a \ud800", spent=Spent(3, 10, 20, 0.5, 1.25))
        state.close_step("2[a/\ud800]/3", "yes")

    with RunState(tmp_path) as state:
        assert (state.is_begun, state.number) == (True, 1)
        assert (state.task, state.domain) == ("Say 'hello'\n\ud800", "codebase")
        assert state.settings == {"steps": 10, "model": None, "parts": {"a": [1.5, True]}}
        assert state.program == program("first", "second")
        assert (state.get("answers"), state.get("other")) == ({"Which language?": "Python"}, None)
        assert state.outcomes == {"1": "done", "2[a/\ud800]/3": "yes"}
        first, second = state.steps()
        assert (first.attempts, first.note, first.spent) == (2, "half a \ud800", Spent(3, 10, 20, 0.5, 1.25))
        assert first.made <= second.made
        assert state.spent == Spent(3, 10, 20, 0.5, 1.25)


def test_its_folder_is_left_out_of_commits(state):
    assert (state.workspace / ".llm-strategy/.gitignore").read_text() == "*\n"


def test_a_run_is_begun_once_unless_a_task_is_added_to_it(state):
    with pytest.raises(WorkspaceError, match="No run was begun"):
        state.task  # noqa: B018
    state.begin("first", "codebase", {"a": 1})
    with pytest.raises(WorkspaceError, match=r"begun in .* before. Resume it"):
        state.begin("second", "book", {})
    assert state.task == "first"
    state.begin("second", "book", {"a": 2}, again=True)

    assert (state.number, state.task, state.domain, state.settings) == (2, "second", "book", {"a": 2})


@pytest.mark.parametrize("settings", [{"a": math.nan}, {"a": object()}])
def test_settings_that_are_no_json_are_refused_before_anything_is_kept(state, settings):
    with pytest.raises(InputError, match="settings: it cannot be kept as JSON"):
        state.begin("task", "codebase", settings)
    assert not state.is_begun


def test_a_note_that_is_no_json_is_refused(state):
    with pytest.raises(InputError, match="note 'n': it cannot be kept"):
        state.note("n", {1, 2})


def test_steps_that_are_opened_again_are_done_again_and_what_they_cost_stays_counted(state):
    state.close_step("1", "failed", note="no way", spent=Spent(calls=1, dollars=0.25))
    state.close_step("2", "done", spent=Spent(calls=2, dollars=0.25))
    old = state.journal_of("1")
    state.reopen("1", "3")

    assert state.outcomes == {"2": "done"}
    assert (state.epoch("1"), state.epoch("2"), state.epoch("3")) == (1, 0, 1)
    assert state.journal_of("1") != old
    assert state.spent == Spent(calls=3, dollars=0.5)
    state.close_step("1", "done", spent=Spent(calls=1))
    assert state.outcomes == {"2": "done", "1": "done"}
    assert [(one.path, one.outcome, one.epoch, one.is_current) for one in state.steps(every=True)] == [
        ("1", "failed", 0, False),
        ("2", "done", 0, True),
        ("1", "done", 1, True),
    ]
    assert [one.path for one in state.steps()] == ["2", "1"]


def test_a_step_that_is_closed_twice_has_its_last_outcome_and_both_costs(state):
    state.close_step("1", "failed", spent=Spent(calls=1, seconds=1))
    state.close_step("1", "done", spent=Spent(calls=2, seconds=0.5))

    assert [(one.outcome, one.spent.calls) for one in state.steps()] == [("done", 2)]
    assert state.spent == Spent(calls=3, seconds=1.5)


def test_outcomes_that_are_held_are_those_that_are_kept(state):
    assert state.outcomes == {}
    for path, outcome in (("1", "failed"), ("2", "done"), ("1", "done")):
        state.close_step(path, outcome)
        state.outcomes["3"] = "of the caller"
        with RunState.reading(state.workspace) as record:
            assert list(record.outcomes.items()) == list(state.outcomes.items())
    state.reopen("2")
    assert state.outcomes == {"1": "done"}


def test_money_that_is_not_known_of_one_step_is_not_known_of_all(state):
    assert state.spent == Spent()
    state.close_step("1", "done", spent=Spent(dollars=1.0))
    state.close_step("2", "done", spent=Spent(dollars=None))

    assert state.spent.dollars is None
    assert state.steps()[1].spent.dollars is None


def test_journals_have_a_name_for_each_step_and_are_removed_with_all_beside_them(state):
    paths = ["1", "4[users]/5", "4[../..]/5", "4[users]-5", "x" * 500, "\ud800", ""]
    journals = [state.journal_of(path) for path in paths]

    assert len({one.name.casefold() for one in journals}) == len(paths)
    assert {one.parent for one in journals} == {state.workspace / ".llm-strategy/journal"}
    assert all(one.name.isascii() and len(one.name) < 80 for one in journals)
    for ending in ("", "-wal", "-shm", ".lock"):
        journals[0].with_name(journals[0].name + ending).write_text("")
    journals[1].write_text("")
    state.drop_journal("1")
    state.drop_journal("nothing there")
    assert list(journals[0].parent.iterdir()) == [journals[1]]


def test_a_journal_whose_step_was_closed_is_removed_when_the_workspace_is_opened(tmp_path):
    with RunState(tmp_path) as state:
        closed, going_on, opened_again = (state.journal_of(path) for path in "123")
        state.close_step("1", "done")
        state.close_step("3", "done")
        state.reopen("3")
        new = state.journal_of("3")
        for journal in (closed, going_on, opened_again, new):
            journal.write_text("")
    with RunState(tmp_path):
        assert sorted(closed.parent.iterdir()) == sorted([going_on, new])


def test_a_run_can_be_read_while_it_is_under_way_and_nothing_is_changed_by_that(state):
    state.begin("task", "codebase", {})
    with RunState.reading(state.workspace) as record:
        assert record.program is None
        state.set_program(program("first"), "planned")
        state.close_step("1", "done", spent=Spent(calls=1))
        assert (record.task, record.outcomes, record.spent.calls) == ("task", {"1": "done"}, 1)
        record.program_path.write_text("task: edited\n")
        assert record.program == Program("edited")
        assert [one.why for one in record.programs()] == ["planned"]
        assert record.journal_of("1").name == state.journal_of("1").name
        with pytest.raises(WorkspaceError, match="readonly"):
            record._database.change("DELETE FROM steps")
        record.program_path.unlink()
        assert record.program == program("first")
        assert not record.program_path.exists()


def test_a_workspace_without_a_run_is_not_read(tmp_path):
    with pytest.raises(WorkspaceError, match="There is no run in"):
        RunState.reading(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_in_a_folder_that_cannot_be_written_is_read(tmp_path):
    with RunState(tmp_path) as state:
        state.begin("task", "codebase", {})
    (tmp_path / ".llm-strategy").chmod(0o500)
    (tmp_path / ".llm-strategy/run.sqlite").chmod(0o400)
    with RunState.reading(tmp_path) as record:
        assert record.task == "task"
    if os.geteuid() != 0:
        with pytest.raises(WorkspaceError, match="cannot be"):
            RunState(tmp_path)
    (tmp_path / ".llm-strategy").chmod(0o700)


@pytest.mark.parametrize("what", ["a file", "no folder", "a link"])
def test_a_workspace_that_cannot_be_written_is_told(tmp_path, what):
    workspace = tmp_path / "work"
    if what == "a file":
        workspace.write_text("")
    elif what == "no folder":
        workspace.mkdir()
        (workspace / ".llm-strategy").write_text("")
    else:
        workspace.mkdir()
        (workspace / ".llm-strategy").symlink_to(tmp_path)
    with pytest.raises(WorkspaceError, match="is a link" if what == "a link" else "cannot be (written|made)"):
        RunState(workspace)


def test_a_folder_that_knows_no_locks_is_told(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def refused(descriptor, how):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refused)
    with pytest.raises(WorkspaceError, match="cannot be locked: No locks available"):
        RunState(tmp_path)


def test_the_state_of_another_version_is_not_touched_and_not_kept_locked(tmp_path):
    with RunState(tmp_path) as state:
        damaged(state, "PRAGMA user_version = 99")
    for _ in range(2):
        with pytest.raises(StoredDataError, match="is no state of a run of this version"):
            RunState(tmp_path)
    with pytest.raises(StoredDataError, match="is no state of a run of this version"):
        RunState.reading(tmp_path)


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        ("UPDATE runs SET settings = '{'", lambda state: state.settings),
        ("UPDATE runs SET settings = '[]'", lambda state: state.settings),
        ("UPDATE runs SET settings = '{\"a\": NaN}'", lambda state: state.settings),
        ("UPDATE runs SET task = 'no JSON'", lambda state: state.task),
        ("UPDATE runs SET task = '1'", lambda state: state.task),
        ("UPDATE runs SET task = x'00'", lambda state: state.task),
        ("UPDATE notes SET value = '\"'", lambda state: state.get("n")),
        ("UPDATE steps SET attempts = 'many'", lambda state: state.steps()),
        ("UPDATE steps SET outcome = '{}'", lambda state: state.outcomes),
        ("UPDATE steps SET calls = 0.5", lambda state: state.spent),
        ("UPDATE epochs SET epoch = 'x'", lambda state: state.epoch("2")),
        ("UPDATE programs SET text = 1.5, why = x'00'", lambda state: state.programs()),
    ],
)
def test_what_is_damaged_is_told_when_it_is_read(state, statement, read):
    state.begin("task", "codebase", {})
    state.note("n", 1)
    state.close_step("1", "done")
    state.reopen("2")
    state.set_program(program("a"), "planned")
    damaged(state, statement)

    with pytest.raises(StoredDataError, match=r"run\.sqlite|why"):
        read(state)


def test_a_damaged_journal_folder_lets_the_workspace_go(tmp_path):
    with RunState(tmp_path) as state:
        state.close_step("1", "done")
        state.journal_of("2").write_text("")
        damaged(state, "UPDATE steps SET path = '{'")
    with pytest.raises(StoredDataError):
        RunState(tmp_path)
    damaged(state, "UPDATE steps SET path = '\"1\"'")
    with RunState(tmp_path) as state:
        assert state.outcomes == {"1": "done"}


def test_json_in_the_file_is_plain(state):
    state.begin("täsk", "codebase", {"é": "ü"})
    with closing(sqlite3.connect(state.workspace / ".llm-strategy/run.sqlite")) as connection:
        (settings,) = connection.execute("SELECT settings FROM runs").fetchone()
    assert json.loads(settings) == {"é": "ü"}
    assert settings.isascii()


def test_a_program_that_is_none_ends_nothing_that_was_kept(state):
    state.set_program(program("a"), "planned")
    state.program_path.write_text("task: [")
    with pytest.raises(ProgramError, match=r"program\.yaml"):
        state.program  # noqa: B018
    assert [one.why for one in state.programs()] == ["planned"]
