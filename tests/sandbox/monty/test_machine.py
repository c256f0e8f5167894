"""The process of monty on systems that tell less about processes than Linux does."""

import os
import threading
from pathlib import Path

import pytest

from llm_strategy.sandbox import GuestFunction, HostCall, Limits, Returned, Setup
from llm_strategy.sandbox.monty import machine as monty_machine
from llm_strategy.sandbox.monty.body import Monty


@pytest.fixture
def start():
    started = []

    def one():
        started.append(Monty().start(Setup(Limits(seconds=20, memory_mib=64), (GuestFunction("look", ()),))))
        return started[-1]

    yield one
    for worker in started:
        worker.close()


def interrupted(worker):
    assert isinstance(worker.run("look()\nwhile True:\n    pass"), HostCall)
    timer = threading.Timer(0.1, worker.interrupt)
    timer.start()
    result = worker.resume(Returned(None))
    timer.join()
    return result


def test_where_processes_have_no_handles_they_are_ended_by_number(start, monkeypatch):
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    worker = start()
    assert interrupted(worker).error.kind == "Interrupted"
    assert worker.run("1").value == 1


def test_where_handles_are_forbidden_processes_are_ended_by_number(start, monkeypatch):
    def forbidden(pid):
        raise PermissionError(pid)

    monkeypatch.setattr(os, "pidfd_open", forbidden, raising=False)
    assert interrupted(start()).error.kind == "Interrupted"


def test_where_the_size_of_a_process_is_not_told_a_runaway_loses_the_session(start, monkeypatch, tmp_path):
    monkeypatch.setattr(monty_machine, "Path", lambda _: Path(tmp_path / "none"))
    worker = start()
    worker.run("x = 1")
    result = worker.run("'x' * 10**10")
    assert (result.error.kind, result.state_lost, worker.alive) == ("MemoryLimit", True, False)


def test_a_session_that_cannot_be_begun_anew_is_lost(start, monkeypatch, tmp_path):
    worker = start()
    worker.run("x = 1")
    monkeypatch.setattr(worker._machine, "renew", lambda _: (tmp_path / "none").read_bytes())
    result = worker.run("'x' * 10**10")
    assert (result.error.kind, worker.alive) == ("Lost", False)
    assert "could not be begun anew" in result.error.message


def test_a_session_that_cannot_be_opened_leaves_no_process(monkeypatch):
    def fails(self):
        raise OSError("No more processes.")

    monkeypatch.setattr(monty_machine.Machine, "_checkout", fails)
    with pytest.raises(OSError, match="No more processes"):
        monty_machine.Machine(Limits())


def test_an_interrupt_just_before_code_begins_to_run_is_not_lost(start):
    worker = start()
    machine, run = worker._machine, worker._machine.turn

    def late(turn):
        worker.interrupt()
        return run(turn)

    machine.turn = late
    assert worker.run("x = 1").error.kind == "Interrupted"
    machine.turn = run
    assert worker.run("1").value == 1
