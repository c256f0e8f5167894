"""The sandbox of monty: what it needs, what it refuses, and that its walls are tried."""

from importlib.metadata import PackageNotFoundError

import pytest

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox import GuestFunction, Limits, Sandbox, Setup
from llm_strategy.sandbox.monty import body as room
from llm_strategy.sandbox.monty import walls as monty_walls
from llm_strategy.sandbox.monty.body import Monty


def test_it_is_a_sandbox_called_monty():
    assert isinstance(Monty(), Sandbox)
    assert Monty().name == "monty"
    assert Monty() == Monty()
    assert all(one.ok for one in Monty().findings())


def test_a_key_is_not_shown():
    assert "secret" not in repr(Monty(key=b"secret"))


def test_without_the_extra_nothing_starts_and_the_extra_is_named(monkeypatch):
    def absent(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(room, "version", absent)
    with pytest.raises(SandboxUnavailableError, match=r"pydantic-monty: It is not installed.*llm-strategy\[sandbox\]"):
        Monty().start(Setup())


def test_another_version_than_the_one_that_was_tried_is_refused(monkeypatch):
    monkeypatch.setattr(room, "version", lambda _: "1.5.0")
    with pytest.raises(SandboxUnavailableError, match=r"Version 1\.5\.0 is installed; 1\.4\.0 is what was tried"):
        Monty().start(Setup())


def test_a_missing_program_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("MONTY_BIN", str(tmp_path / "none"))
    with pytest.raises(SandboxUnavailableError, match="cannot start, and no code was run"):
        Monty().start(Setup())


def test_a_program_that_is_no_monty_is_told(monkeypatch, tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("MONTY_BIN", str(program))
    with pytest.raises(SandboxUnavailableError, match=r"no code was run|before any code was run"):
        Monty().start(Setup())


def test_files_are_refused_before_anything_starts():
    with pytest.raises(SandboxUnavailableError, match=r"has no files, and the session was given data\.csv"):
        Monty().start(Setup(files={"data.csv": b"a,b"}))


def test_a_wall_that_does_not_hold_is_found_before_any_code_is_run(monkeypatch):
    fallen = (("a file of this machine was read", "'its content'"),)
    monkeypatch.setattr(monty_walls, "attempts", lambda _: fallen)
    with pytest.raises(SandboxUnavailableError, match="did not hold: a file of this machine was read"):
        Monty().start(Setup())


def test_an_interpreter_that_dies_when_its_walls_are_tried_is_no_sandbox(monkeypatch):
    monkeypatch.setattr(monty_walls, "attempts", lambda _: (("nothing", "class A: pass\n[A, A()]"),))
    with pytest.raises(SandboxUnavailableError, match="broke before any code was run"):
        Monty().start(Setup())


@pytest.mark.parametrize("attempt", monty_walls.attempts(Limits(memory_mib=64)), ids=lambda one: one[0])
def test_every_attempt_to_get_out_fails_with_an_error_of_the_interpreter(attempt):
    worker = Monty().start(Setup(limits=Limits(memory_mib=64)))
    result = worker.run(attempt[1])
    worker.close()
    assert result.error is not None
    assert result.error.kind in ("Unsupported", "MemoryLimit")


def test_nothing_of_the_attempts_is_left_in_the_session():
    worker = Monty().start(Setup(functions=(GuestFunction("look", ()),)))
    assert worker.run("sorted(name for name in locals())").value == ["ToolError", "__json__", "__show__"]
    worker.close()
