import os

import pytest

from llm_strategy.errors import ProgramError, WorkspaceError
from llm_strategy.planner.program import Instruction, Program, read_program
from llm_strategy.planner.state import RunState, save_program


@pytest.fixture
def state(tmp_path):
    with RunState(tmp_path) as opened:
        yield opened


def program(text):
    return Program("task", instructions=(Instruction("1", text),))


def versions(state):
    return [(one.number, one.why, read_program(one.text).instructions[0].text) for one in state.programs()]


def test_a_program_is_a_file_with_versions(state):
    assert (state.program, state.programs(), state.last_program()) == (None, [], None)
    assert state.set_program(program("a"), "planned") == 1
    assert state.set_program(program("b"), "planned anew: a \ud800 failed") == 2

    assert state.program == program("b")
    assert read_program(state.program_path.read_text()) == program("b")
    assert versions(state) == [(1, "planned", "a"), (2, "planned anew: a \ud800 failed", "b")]
    assert state.last_program() == state.programs()[-1]


def test_a_program_that_was_edited_by_hand_counts_and_is_a_version_once(state):
    state.set_program(program("a"), "planned")
    text = state.program_path.read_text()
    state.program_path.write_text("# By hand.\r\n" + text.replace("do: a", "do: h"))

    for _ in range(2):
        assert state.program.instructions[0].text == "h"
    assert versions(state) == [(1, "planned", "a"), (2, "edited by hand", "h")]
    state.program_path.write_text(text)
    assert state.program == program("a")
    assert [one.why for one in state.programs()] == ["planned", "edited by hand", "edited by hand"]


def test_a_program_that_is_there_before_any_was_made_is_taken(state):
    state.program_path.write_text("\ufefftask: t\ninstructions: [x]\n", "utf-8")

    assert state.program.instructions[0].text == "x"
    assert versions(state) == [(1, "edited by hand", "x")]


def test_what_somebody_has_written_is_kept_before_a_new_program_overwrites_it(state):
    state.set_program(program("a"), "planned")
    state.program_path.write_text("task: {half edited")
    state.set_program(program("b"), "planned anew")

    assert [(one.why, one.text) for one in state.programs()][1] == ("edited by hand", "task: {half edited")
    assert state.program == program("b")


def test_a_program_file_that_was_deleted_comes_back(state):
    state.set_program(program("a"), "planned")
    state.program_path.unlink()

    assert state.program == program("a")
    assert state.program_path.exists()
    assert len(state.programs()) == 1


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"task: t\ninstructions:\n- sing: x\n", r"program.yaml'.*instructions, number 1"),
        (b"task: [", r"(?s)program.yaml'.*line 1"),
        (b"", r"program.yaml'.*nothing is not made of names"),
        (b"\xff\xfe", r"program.yaml' cannot be read"),
        (b"task: t\ninstructions: [{do: x, id: a, needs: [b]}, {do: y, id: b, needs: [a]}]", "wait for each other"),
    ],
)
def test_a_file_that_is_no_program_is_told_with_its_place(state, data, match):
    state.set_program(program("a"), "planned")
    state.program_path.write_bytes(data)

    for read in (lambda: state.program, lambda: RunState.reading(state.workspace).program):
        with pytest.raises(ProgramError, match=match):
            read()
    assert len(state.programs()) == 1


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="there are no links")
def test_a_link_in_its_place_is_not_followed(state, tmp_path):
    (tmp_path / "secret.yaml").write_text("task: t\n")
    state.program_path.symlink_to(tmp_path / "secret.yaml")

    with pytest.raises(ProgramError, match="which is a link"):
        state.program  # noqa: B018


def test_a_program_is_put_into_place_while_the_run_is_under_way(state):
    state.set_program(program("a"), "planned")

    assert save_program(state.workspace, "task: t\ninstructions: [b]\n").instructions[0].text == "b"
    assert state.program.instructions[0].text == "b"
    with pytest.raises(ProgramError):
        save_program(state.workspace, "task: [")
    assert state.program.instructions[0].text == "b"


def test_a_program_that_cannot_be_written_is_told(state, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(state._folder, "write", full)
    with pytest.raises(WorkspaceError, match="cannot be written: No space left"):
        state.set_program(program("a"), "planned")
    monkeypatch.undo()
    assert state.program == program("a")  # it was kept, and is put into place when it can be
    assert state.program_path.exists()


def test_a_version_that_was_never_put_into_place_gives_way_to_what_somebody_has_written(state, monkeypatch):
    state.set_program(program("a"), "planned")

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(state._folder, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        state.set_program(program("b"), "planned anew")
    monkeypatch.undo()
    with RunState.reading(state.workspace) as record:
        assert record.program == program("b")
    state.program_path.write_text("task: t\ninstructions: [c]\n")

    assert state.program.instructions[0].text == "c"
    assert versions(state)[1:] == [(2, "planned anew", "b"), (3, "edited by hand", "c")]


def test_a_program_is_read_anew_only_where_its_text_has_changed(state):
    state.set_program(program("a"), "planned")

    assert state.program is state.program
