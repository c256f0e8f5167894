"""The process of monty on systems that tell less about processes than Linux does."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox import GuestFunction, HostCall, Limits, Returned, Setup
from llm_strategy.sandbox.monty import launch
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


linux = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="The process is begun in another way here.")
forking = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@linux
def test_the_process_gets_nothing_of_the_environment(start, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-host")
    pid = start()._machine.session.worker_pid
    assert Path(f"/proc/{pid}/environ").read_bytes() == b""
    assert Path(f"/proc/{pid}/cmdline").read_bytes().endswith(b"monty\0subprocess\0")


@linux
def test_the_process_writes_nothing_to_the_errors_of_the_host(start):
    pid = start()._machine.session.worker_pid
    assert Path(f"/proc/{pid}/fd/2").readlink() == Path("/dev/null")


@linux
def test_a_host_that_is_killed_leaves_no_process_at_work():
    code = (
        "from llm_strategy.sandbox import Setup\n"
        "from llm_strategy.sandbox.monty.body import Monty\n"
        "worker = Monty().start(Setup())\n"
        "print(worker._machine.session.worker_pid, flush=True)\n"
        "worker.run('while True:\\n    pass')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as host:
        pid = int(host.stdout.readline())
        host.send_signal(signal.SIGKILL)
    until = time.monotonic() + 5
    while (alive := running(pid)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not alive


def running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_session_begun_in_a_thread_that_is_over_goes_on(start):
    started = []
    thread = threading.Thread(target=lambda: started.append(start()))
    thread.start()
    thread.join()
    assert started[0].run("x = 1").ok
    assert interrupted(started[0]).error.kind == "Interrupted"
    assert started[0].run("x").value == 1


def in_copy(check):
    """Do something in a copy of this process; return whether it came out true."""
    pid = os.fork()
    if not pid:
        code = 2
        try:
            code = 0 if check() else 1
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0


@linux
@forking
def test_a_copy_of_the_host_leaves_the_session_to_its_owner(start):
    worker = start()
    worker.run("x = 1")

    def touched():
        result = worker.run("x = 2")
        worker.interrupt()
        worker.close()
        return (worker.alive, result.error.kind, result.state_lost) == (False, "Lost", True)

    assert in_copy(touched)
    assert worker.run("x").value == 1


@linux
@forking
def test_what_a_copy_of_the_host_gives_up_is_not_given_up():
    worker = Monty().start(Setup(Limits(seconds=20), (GuestFunction("look", ()),)))
    assert isinstance(worker.run("look()"), HostCall)
    held = [worker]
    del worker
    assert in_copy(lambda: held.clear() is None)
    assert held[0].resume(Returned(3)).value == 3
    held[0].close()


@linux
@forking
def test_a_copy_of_the_host_is_told_that_the_client_works_in_one_process(start):
    start()

    def refused():
        try:
            Monty().start(Setup())
        except SandboxUnavailableError as error:
            return "'spawn'" in str(error)
        return False

    assert in_copy(refused)


@linux
@pytest.mark.parametrize("lacking", ["memfd_create", "open"])
def test_without_files_in_memory_monty_itself_is_started(start, monkeypatch, lacking):
    def refused(*_):
        raise OSError("not here")

    launch._handle.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(os, lacking, refused)
        assert launch.launcher() is None
    launch._handle.cache_clear()
    monkeypatch.delattr(os, "memfd_create")
    assert start().run("1").value == 1


@linux
def test_without_setpriv_the_environment_is_clean_all_the_same(start, monkeypatch):
    which = launch.shutil.which
    monkeypatch.setattr(
        launch.shutil, "which", lambda name, path: None if name == "setpriv" else which(name, path=path)
    )
    launch._handle.cache_clear()
    pid = start()._machine.session.worker_pid
    launch._handle.cache_clear()
    assert Path(f"/proc/{pid}/environ").read_bytes() == b""


def test_a_machine_of_another_process_is_left_alone(start, monkeypatch):
    worker = start()
    worker.run("x = 1")
    with monkeypatch.context() as patch:
        patch.setattr(worker._machine, "_owner", 0)
        worker.interrupt()
        worker.close()
        worker._machine.close()
        assert (worker.alive, worker.run("x").error.kind) == (False, "Lost")
    worker._alive = True
    assert worker.run("x").value == 1


def test_a_machine_is_begun_in_one_process_only(monkeypatch):
    monkeypatch.setattr(monty_machine, "_BEGUN_BY", {0})
    with pytest.raises(SandboxUnavailableError, match="forked from one that has used monty"):
        Monty().start(Setup())


def test_what_is_held_in_copies_is_held(monkeypatch):
    class Held:
        pass

    held = Held()
    monkeypatch.setattr(monty_machine, "_HELD", {held})
    before = sys.getrefcount(held)
    monty_machine._hold()
    assert sys.getrefcount(held) == before + 1
