"""A worker that is a process: how it begins, and that nothing is left of it at its end."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from llm_strategy.errors import (
    ConfigurationError,
    InputError,
    SandboxLostError,
    SandboxUnavailableError,
)
from llm_strategy.sandbox.limits import Limits
from llm_strategy.sandbox.process.launch import Launch, Prelude, clean_environment, interpreter
from llm_strategy.sandbox.process.worker import ProcessWorker
from llm_strategy.sandbox.protocol import GuestFunction, Setup
from llm_strategy.sandbox.steps import Returned
from llm_strategy.sandbox.unsafe_process import UnsafeProcess

ASK = GuestFunction("ask", ("what", "how"), "Ask.")


@pytest.fixture
def start():
    """Starts workers that are closed afterwards."""
    started = []

    def made(functions=(ASK,), laid=None, **limits):
        setup = Setup(Limits(**{"seconds": 10, **limits}), functions, laid or {})
        started.append(UnsafeProcess().start(setup))
        return started[-1]

    yield made
    for one in started:
        one.close()


def running(mark):
    """Processes that have a word in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                if mark.encode() in (entry / "cmdline").read_bytes() and state != "Z":
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def launch(tmp_path, **more):
    command = more.pop("command", interpreter())
    return Launch(
        "test", command, clean_environment(sys.executable, str(tmp_path), str(tmp_path)), str(tmp_path), **more
    )


def test_a_worker_runs_one_thing_at_a_time(start):
    worker = start(seconds=60)
    thread = threading.Thread(target=worker.run, args=("import time\ntime.sleep(60)",))
    thread.start()
    while not worker._lock.locked():
        pass
    with pytest.raises(ConfigurationError, match="running in this sandbox already"):
        worker.run("1")
    worker.close()
    thread.join()
    assert not worker.alive


def test_a_closed_worker_is_no_more(start):
    worker = start()
    folder = Path(worker.run("import os\nos.getcwd()").value)
    worker.close()
    worker.close()
    worker.interrupt()
    assert not folder.parent.exists()
    assert worker.run("1").error.kind == "Lost"
    with pytest.raises(SandboxLostError):
        worker.read_file("x")


def test_closing_in_the_middle_of_a_call_leaves_nothing(start):
    worker = start()
    worker.run("ask()")
    worker.close()
    assert worker.resume(Returned(1)).error.kind == "Lost"


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
@pytest.mark.parametrize("ends", ["close", "killed", "supervisor killed"])
def test_nothing_is_left_running(start, ends):
    worker = start()
    mark = f"survivor-{os.getpid()}-{ends.replace(' ', '-')}"
    sleep = f"import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(300)  # {mark}"
    result = worker.run(
        f"import subprocess, sys, os\nrun = [sys.executable, '-c', {sleep!r}]\n"
        "subprocess.Popen(run)\nsubprocess.Popen(run, start_new_session=True)\n"
        "if not os.fork():\n    os.setsid()\n    if not os.fork():\n        os.execv(run[0], run)\n    os._exit(0)\n"
    )
    assert result.error is None
    while len(running(mark)) < 3:
        pass
    if ends == "killed":
        worker.run("import os\nos._exit(1)")
    elif ends == "supervisor killed":
        worker.run("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time\ntime.sleep(60)")
    worker.close()
    assert running(mark) == []


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_a_host_that_is_killed_leaves_nothing(tmp_path):
    mark = f"orphan-{os.getpid()}"
    program = (
        "from llm_strategy.sandbox.unsafe_process import UnsafeProcess\nfrom llm_strategy.sandbox.protocol import Setup\n"
        f'w = UnsafeProcess().start(Setup())\nw.run(\'import subprocess; subprocess.Popen(["sh", "-c", "sleep 300 # {mark}"], start_new_session=True)\')\n'
        "print('up', flush=True)\ninput()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as host:
        assert host.stdout.readline() == b"up\n"
        assert running(mark)
        host.send_signal(signal.SIGKILL)
    for _ in range(500):
        if not running(mark):
            break
        signal.sigtimedwait([], 0.01)
    assert running(mark) == []


def test_a_forgotten_worker_is_ended():
    worker = UnsafeProcess().start(Setup())
    process = worker._process
    del worker
    gc.collect()
    assert not process.alive


def test_a_copy_of_the_host_does_not_end_the_session(start):
    worker = start()
    copy = os.fork()
    if copy == 0:
        code = 1
        try:
            code = 0 if not worker.alive and worker.run("1").error.kind == "Lost" else 2
            worker.close()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]) == 0
    assert worker.run("2").value == 2


def test_a_condemned_worker_tells_why(start):
    worker = start()
    worker.condemn("MemoryLimit", "Too much.")
    worker._process._process.wait()
    assert worker.run("1").error.message == "Too much."
    assert worker.process_id > 0
    busy = start(seconds=60)
    threading.Timer(0.1, busy.condemn, ("MemoryLimit", "Too much.")).start()
    assert busy.run("import time\ntime.sleep(60)").error.kind == "MemoryLimit"


def test_ctrl_c_in_the_host_ends_the_code(start):
    worker = start(seconds=60)
    main = threading.main_thread().ident
    threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        worker.run("import time\ntime.sleep(60)")
    assert not worker.alive


def test_a_prelude_runs_inside_before_anything_else(tmp_path):
    prelude = Prelude("import os\ndef wall(data): return [data, os.getcwd()]", "wall", {"a": 1})
    worker = ProcessWorker(launch(tmp_path, prelude=prelude, supervised=False), Setup())
    assert worker.told == [{"a": 1}, str(tmp_path)]
    assert worker.run("1").value == 1
    worker.close()


def test_a_prelude_that_fails_refuses_the_session(tmp_path):
    ended = []
    prelude = Prelude("def wall(data): raise OSError('no wall')", "wall")
    with pytest.raises(SandboxUnavailableError, match="'test' did not start: OSError: no wall"):
        ProcessWorker(launch(tmp_path, prelude=prelude, after=lambda: ended.append(1)), Setup())
    assert ended == [1]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("/nowhere/python",), "cannot be started"),
        (("/bin/sh", "-c", "echo broken >&2; exit 7", "sh"), "it exited with 7, and said: broken"),
        (("/bin/sh", "-c", "echo xxxxxxxxxxxx >&${1%%,*}", "sh"), "did not start"),
    ],
)
def test_a_command_that_is_no_interpreter_is_refused(tmp_path, command, told):
    with pytest.raises(SandboxUnavailableError, match=told):
        ProcessWorker(launch(tmp_path, command=command, supervised=False), Setup())


def test_a_setup_with_a_path_outside_starts_nothing(tmp_path):
    ended = []
    with pytest.raises(InputError):
        ProcessWorker(launch(tmp_path, after=lambda: ended.append(1)), Setup(files={"../x": b""}))
    assert ended == [1]


def says(frame):
    """A command that sends bytes where a worker would, and stays."""
    code = f"import os, sys, time\nos.write(int(sys.argv[-1].split(',')[1]), {frame!r})\ntime.sleep(60)"
    return (sys.executable, "-c", code)


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (b"\x7f\xff\xff\xffx", "it sent a frame of 2147483647 bytes"),
        (b'\0\0\0\x0e{"nonce": "x"}', "it sent a frame that its worker did not send"),
    ],
)
def test_a_program_that_sends_something_else_is_refused(tmp_path, frame, told):
    with pytest.raises(SandboxUnavailableError, match=told):
        ProcessWorker(launch(tmp_path, command=says(frame), supervised=False), Setup())


def test_a_program_that_says_nothing_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("llm_strategy.sandbox.process.started._SECONDS", 0.2)
    with pytest.raises(SandboxUnavailableError, match="not ready within"):
        ProcessWorker(launch(tmp_path, command=says(b""), supervised=False), Setup())


def test_too_little_memory_for_an_interpreter_is_a_mistake_in_the_limits(tmp_path):
    (tmp_path / "workspace").mkdir()
    command = interpreter()
    narrow = Launch(
        name="narrow",
        command=command,
        environment=clean_environment(command[0], str(tmp_path), str(tmp_path)),
        workspace=str(tmp_path / "workspace"),
        prelude=Prelude("def close(data):\n    raise MemoryError", "close"),
    )
    with pytest.raises(ConfigurationError, match=r"Limits\(memory_mib=20\) is too little") as caught:
        ProcessWorker(narrow, Setup(Limits(memory_mib=20)))
    assert not isinstance(caught.value, SandboxUnavailableError)


KILLED = """
import os, signal, sys, time
from llm_strategy.sandbox import Session
session = Session("unsafe-process").open()
{fork}
print(session._stage._worker.process_id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
PYTHON_FORK = "if os.fork() == 0: time.sleep(60)"
OTHER_FORK = "import ctypes\nif ctypes.CDLL(None).fork() == 0: time.sleep(60)"  # nobody closes a pipe there


@pytest.mark.skipif(sys.platform != "linux", reason="the process of the host is watched on Linux")
@pytest.mark.parametrize("fork", [PYTHON_FORK, OTHER_FORK])
def test_nothing_outlives_a_host_that_was_killed_and_has_left_a_copy(fork):
    host = subprocess.Popen(
        [sys.executable, "-c", KILLED.format(fork=fork)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        around = Path(f"/proc/{int(host.stdout.readline())}")
        end = time.monotonic() + 10
        while is_there(around) and time.monotonic() < end:
            time.sleep(0.01)
        assert not is_there(around)
    finally:
        os.killpg(host.pid, signal.SIGKILL)  # the copy
        host.stdout.close()
        host.wait()


def is_there(process):
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_folders_that_are_too_deep_for_python_are_removed():
    worker = UnsafeProcess().start(Setup())
    folder = worker._launch.folder
    worker.run("import os\nfor n in range(1010):\n    os.mkdir('d')\n    os.chdir('d')")
    worker.close()
    assert not folder.exists()
