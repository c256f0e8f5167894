"""A worker that is a process: what it stops, and what it keeps."""

import gc
import resource
import threading

import pytest

from llm_strategy.errors import (
    UnsupportedError,
)
from llm_strategy.sandbox.limits import Limits
from llm_strategy.sandbox.protocol import GuestFunction, Setup
from llm_strategy.sandbox.steps import HostCall, Returned
from llm_strategy.sandbox.unsafe_process import UnsafeProcess

SWALLOW = "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except BaseException:\n        pass\n"
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


def test_nothing_of_the_environment_gets_in(start, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-something")
    names = start().run("import os\nsorted(os.environ)").value
    assert "OPENAI_API_KEY" not in names
    assert {"HOME", "LANG", "PATH", "OPENBLAS_NUM_THREADS"} <= set(names)


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
        "import threading; threading.Event().wait()",
    ],
    ids=["busy", "sleep", "regular expression", "event"],
)
def test_time_is_over_and_names_are_kept(start, code):
    worker = start(seconds=0.3)
    worker.run("kept = 1")
    result = worker.run(code)
    assert (result.error.kind, result.state_lost) == ("TimeLimit", False)
    assert worker.run("kept").value == 1


@pytest.mark.parametrize(
    "code",
    [
        SWALLOW,
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n" + SWALLOW,
        "import signal\nsignal.signal(signal.SIGIO, signal.SIG_IGN)\n" + SWALLOW,
        "sum(range(10**12))",
    ],
    ids=["swallowed", "blocked", "ignored", "in C"],
)
def test_code_that_does_not_end_is_ended(start, code):
    worker = start(seconds=0.3)
    result = worker.run(f"print('before')\n{code}")
    assert (result.error.kind, result.state_lost, result.stdout) == ("TimeLimit", True, "before\n")
    assert not worker.alive
    assert worker.run("1").error.kind == "Lost"


def test_signals_that_are_ignored_do_not_keep_code_alive(start):
    code = "import signal, time\nfor s in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM): signal.signal(s, signal.SIG_IGN)\ntime.sleep(60)"
    result = start(seconds=0.3).run(code)
    assert (result.error.kind, result.state_lost) == ("TimeLimit", False)


def test_an_interrupt_from_another_thread_ends_the_action(start):
    worker = start(seconds=60)
    worker.run("kept = 1")
    threading.Timer(0.2, worker.interrupt).start()
    result = worker.run("import time\ntime.sleep(60)")
    assert (result.error.kind, result.state_lost) == ("Interrupted", False)
    assert worker.run("kept").value == 1


def test_an_interrupt_without_an_action_does_nothing(start):
    worker = start()
    worker.interrupt()
    assert worker.run("1").value == 1


def test_an_interrupt_while_a_tool_works_ends_the_action_at_its_answer(start):
    worker = start()
    assert isinstance(worker.run("ask(1)\nafter = 1"), HostCall)
    worker.interrupt()
    assert worker.resume(Returned(1)).error.kind == "Interrupted"
    assert worker.run("'after' in globals()").value is False


def test_an_action_that_swallows_an_interrupt_is_ended(start):
    worker = start(seconds=60)
    threading.Timer(0.1, worker.interrupt).start()
    result = worker.run(SWALLOW)
    assert (result.error.kind, result.state_lost) == ("Interrupted", True)


def test_the_flood_of_output_is_cut_in_the_middle_and_counted(start):
    worker = start(output_kib=64)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = worker.run(
        "import sys\nprint('first')\nfor i in range(64): print('x' * (1 << 20)); sys.stderr.write('y' * (1 << 20))\nprint('last')"
    )
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 << 10
    assert result.stdout.startswith("first\n")
    assert result.stdout.endswith("last\n")
    assert "bytes are left out here" in result.stdout
    assert len(result.stdout) + len(result.stderr) < (64 << 10) + 200
    assert result.dropped == (64 << 21) + 64 + 11 - (64 << 10)


def test_output_of_a_process_that_goes_on_belongs_to_the_next_action(start):
    worker = start()
    worker.run("import subprocess\np = subprocess.Popen(['sh', '-c', 'read x; echo late'], stdin=subprocess.PIPE)")
    assert worker.run("p.communicate(b'go\\n')\nNone").stdout == "late\n"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import os; os._exit(3)", "it exited with 3"),
        ("import os; os.abort()", "it was ended by SIGABRT"),
        ("import ctypes; ctypes.string_at(0)", "it was ended by SIGSEGV"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "it was ended by SIGKILL"),
        ("import os; os.closerange(3, 1000); import time; time.sleep(60)", "it closed its connection"),
    ],
    ids=["exit", "abort", "segfault", "kill", "closed"],
)
def test_a_worker_that_dies_is_told_of(start, code, told):
    worker = start()
    result = worker.run(f"print('before', flush=True)\n{code}")
    assert (result.error.kind, result.stdout, result.state_lost) == ("Lost", "before\n", True)
    assert told in result.error.message


def test_a_worker_that_dies_between_actions_is_not_alive(start):
    worker = start()
    worker.run("import os, threading\nthreading.Timer(0.1, os._exit, (0,)).start()")
    worker._process._process.wait()
    assert not worker.alive
    assert worker.run("1").error.message.startswith("The sandbox was lost")


def test_memory_is_limited_and_the_session_goes_on(start):
    worker = start(memory_mib=256)
    worker.run("kept = 1")
    result = worker.run("x = bytearray(1 << 30)")
    assert (result.error.kind, result.state_lost) == ("MemoryLimit", False)
    assert worker.run("many = []\nwhile True: many.append(bytearray(1 << 20))").error.kind == "MemoryLimit"
    assert worker.run("del many\nkept").value == 1


def test_the_size_of_a_file_is_limited(start):
    worker = start(disk_mib=1)
    result = worker.run("f = open('f', 'wb')\nfor i in range(4): f.write(b'x' * (1 << 20)); f.flush()")
    assert result.error.kind == "OSError"


def test_the_size_of_the_workspace_is_limited(start):
    worker = start(disk_mib=2)
    result = worker.run("for i in range(4): open(str(i), 'wb').write(b'x' * (1 << 20))")
    assert (result.error.kind, result.state_lost) == ("DiskLimit", True)


def test_the_number_of_files_is_limited_while_code_runs(start):
    result = start(files=10, seconds=30).run(
        "for i in range(20): open(str(i), 'w').close()\nimport time; time.sleep(60)"
    )
    assert result.error.kind == "DiskLimit"


def test_there_are_no_snapshots(start):
    with pytest.raises(UnsupportedError, match="unsafe-process"):
        start().snapshot()


def test_two_workers_share_nothing(start):
    one, two = start(), start()
    one.run("x = 1\nopen('f', 'w').close()")
    assert two.run("import os\n'x' in globals(), os.listdir()").value == [False, []]
