"""A worker that is a process: what it stops, keeps and leaves behind."""

import gc
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from llm_strategy.errors import (
    ConfigurationError,
    InputError,
    SandboxLostError,
    SandboxUnavailableError,
    UnsupportedError,
)
from llm_strategy.sandbox.launch import Launch, Prelude, clean_environment, interpreter
from llm_strategy.sandbox.limits import Limits
from llm_strategy.sandbox.process_worker import ProcessWorker
from llm_strategy.sandbox.protocol import GuestFunction, Setup
from llm_strategy.sandbox.steps import Ended, HostCall, Raised, Returned
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
    assert result.stdout.startswith("first\n") and result.stdout.endswith("last\n")
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


def test_a_tool_is_asked_for_and_answered(start):
    worker = start()
    assert worker.run("got = ask('x', how=[1, None])\ngot['a']") == HostCall("ask", '{"what":"x","how":[1,null]}')
    assert worker.resume(Returned({"a": [1.5, "é"]})).value == [1.5, "é"]


def test_a_tool_that_fails_raises_in_the_code(start):
    worker = start()
    worker.run("try:\n    ask()\nexcept ToolError as e:\n    said = str(e)\nsaid")
    assert worker.resume(Raised("no luck")).value == "no luck"


def test_an_action_can_be_ended_by_an_answer(start):
    worker = start()
    worker.run("before = 1\ntry:\n    ask()\nexcept Exception:\n    caught = 1\nafter = 1")
    result = worker.resume(Ended())
    assert (result.error, result.state_lost) == (None, False)
    assert worker.run("before, 'caught' in globals(), 'after' in globals()").value == [1, False, False]


def test_code_that_goes_on_after_its_end_is_ended(start):
    worker = start(seconds=60)
    worker.run(f"try:\n    ask()\nexcept BaseException: pass\n{SWALLOW}")
    result = worker.resume(Ended())
    assert (result.error, result.state_lost) == (None, True)


def test_code_that_asks_after_its_end_gets_no_answer(start):
    worker = start()
    worker.run("n = 0\nfor i in range(3):\n    try:\n        ask()\n    except BaseException: n += 1")
    assert worker.resume(Ended()).error is None
    assert worker.run("n").value == 3


def test_a_thread_that_is_told_to_end_ends_the_action(start):
    worker = start()
    worker.run(
        "import threading, time\nthreading.excepthook = lambda *a: None\nt = threading.Thread(target=ask)\nt.start()\ntime.sleep(60)"
    )
    assert worker.resume(Ended()).error is None


def test_calls_of_threads_come_one_after_the_other(start):
    worker = start()
    step = worker.run(
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as p: got = list(p.map(ask, range(8)))\ngot"
    )
    asked = []
    while isinstance(step, HostCall):
        asked.append(step.arguments)
        step = worker.resume(Returned(step.arguments))
    assert sorted(step.value) == sorted(asked) and len(asked) == 8


def test_a_thread_that_asks_after_the_action_is_refused(start):
    worker = start()
    worker.run(
        "import threading\nout, go = [], threading.Event()\ndef late():\n    go.wait()\n    try:\n        ask()\n"
        "    except RuntimeError as e: out.append(str(e))\nt = threading.Thread(target=late)\nt.start()\n"
        "def soon():\n    import time\n    while not calls: time.sleep(0.01)\n    time.sleep(0.2)\n    go.set()\n"
        "calls = []\nthreading.Thread(target=soon).start()"
    )
    worker.run("calls.append(1)")
    found = worker.read_file  # a question between two actions; the thread asks meanwhile
    for _ in range(200):
        with pytest.raises(FileNotFoundError):
            found("nothing")
        threading.Event().wait(0.005)
    assert worker.run("out").value == ["ask() was called after the action was over."]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("ask(1, 2, 3)", "ask() takes 2 arguments (what, how), and was given 3."),
        ("ask(when=1)", "ask() has no parameter 'when'. It has what, how."),
        ("ask(1, what=2)", "ask() was given 'what' twice."),
        ("ask(object())", "ask(): its arguments cannot be sent to the tool: it is of type object."),
        ("ask('x' * 3_000_000)", "ask(): its arguments cannot be sent to the tool: it is too large."),
    ],
)
def test_arguments_that_do_not_fit_are_refused_at_once(start, code, told):
    error = start().run(code).error
    assert (error.kind, error.message) == ("TypeError", told)


def test_more_arguments_go_to_the_parameter_for_many(start):
    worker = start(functions=(GuestFunction("log", ("level",), many="parts"), GuestFunction("none", ())))
    assert worker.run("log('a', 1, 2)").arguments == '{"level":"a","parts":[1,2]}'
    worker.resume(Returned(None))
    assert worker.run("none(1)").error.message == "none() takes 0 arguments (none), and was given 1."


def test_a_function_looks_like_one(start):
    result = start().run("import inspect\n[ask.__name__, ask.__doc__, str(inspect.signature(ask))]")
    assert result.value == ["ask", "Ask.", "(what, how)"]


def test_the_process_that_code_forks_off_cannot_ask(start):
    code = "import os\npid = os.fork()\nif not pid:\n    try:\n        ask()\n    except RuntimeError as e:\n        print(e, flush=True)\n        os._exit(0)\nos.waitpid(pid, 0)\n"
    assert "only the process of the session can" in start().run(code).stdout


def test_answering_without_a_question_is_an_error(start):
    with pytest.raises(ConfigurationError, match="asked for no tool"):
        start().resume(Returned(1))


def test_files_that_change_are_told(start):
    worker = start(laid={"data/a.txt": b"one", "b.txt": b"b"})
    code = "import os\nopen('data/a.txt', 'a').write('more')\nos.remove('b.txt')\nos.mkdir('new')\nopen('new/c.txt', 'w').write('c')\nos.mkdir('__pycache__')\nopen('__pycache__/x', 'w').close()\nNone"
    found = [(one.path, one.operation, one.size) for one in worker.run(code).files]
    assert found == [("b.txt", "delete", 0), ("data/a.txt", "write", 7), ("new/c.txt", "create", 1)]
    assert worker.run("1").files == ()


def test_files_can_be_read_and_written(start):
    worker = start()
    data = bytes(range(256)) * 10_000
    worker.write_file("deep/er/x.bin", data)
    assert worker.run("len(open('deep/er/x.bin', 'rb').read())").value == len(data)
    assert worker.read_file("deep/er/x.bin") == data
    worker.write_file("deep/er/x.bin", b"")
    assert worker.read_file("deep/er/x.bin") == b""
    assert worker.run("1").files == ()


def test_files_can_be_read_while_a_tool_works(start):
    worker = start()
    worker.run("open('x', 'w').write('1')\nask()\nopen('y').read()")
    assert worker.read_file("x") == b"1"
    worker.write_file("y", b"2")
    assert worker.resume(Returned(None)).value == "2"


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/passwd",
        "a/../../x",
        "a\0b",
        "x" * 300,
        "",
        ".",
        "a//b",
        "c:x",
        "a\\b",
        "\ud800",
        "/".join("x" * 200 for _ in range(20)),
    ],
)
def test_paths_outside_are_refused(start, path):
    worker = start()
    with pytest.raises(InputError):
        worker.read_file(path)
    with pytest.raises(InputError):
        worker.write_file(path, b"")


def test_links_are_not_followed(start, tmp_path):
    (tmp_path / "secret").write_text("s")
    worker = start()
    worker.run(
        f"import os\nos.symlink({str(tmp_path)!r}, 'folder')\nos.symlink({str(tmp_path / 'secret')!r}, 'file')\nos.mkfifo('fifo')"
    )
    for path in ("folder/secret", "file", "fifo"):
        with pytest.raises(InputError, match=path):
            worker.read_file(path)
    with pytest.raises(InputError):
        worker.write_file("folder/new", b"x")
    with pytest.raises(InputError):
        worker.write_file("file", b"x")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["secret"]
    with pytest.raises(FileNotFoundError, match="There is no file 'nowhere'"):
        worker.read_file("nowhere")


def test_a_file_that_is_too_large_is_refused(start):
    worker = start(disk_mib=1)
    with pytest.raises(InputError, match="larger"):
        worker.write_file("x", b"x" * ((1 << 20) + 1))


def test_there_are_no_snapshots(start):
    with pytest.raises(UnsupportedError, match="unsafe-process"):
        start().snapshot()


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


def test_two_workers_share_nothing(start):
    one, two = start(), start()
    one.run("x = 1\nopen('f', 'w').close()")
    assert two.run("import os\n'x' in globals(), os.listdir()").value == [False, []]


def test_a_condemned_worker_tells_why(start):
    worker = start()
    worker.condemn("MemoryLimit", "Too much.")
    worker._process._process.wait()
    assert worker.run("1").error.message == "Too much."
    assert worker.process_id > 0
    busy = start(seconds=60)
    threading.Timer(0.1, busy.condemn, ("MemoryLimit", "Too much.")).start()
    assert busy.run("import time\ntime.sleep(60)").error.kind == "MemoryLimit"


def launch(tmp_path, **more):
    command = more.pop("command", interpreter())
    return Launch(
        "test", command, clean_environment(sys.executable, str(tmp_path), str(tmp_path)), str(tmp_path), **more
    )


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


def test_a_setup_with_a_path_outside_starts_nothing(start):
    with pytest.raises(InputError):
        start(laid={"../x": b""})


def test_a_setup_whose_files_cannot_be_laid_leaves_nothing(start):
    with pytest.raises(InputError, match="a/b"):
        start(laid={"a": b"", "a/b": b""})


def test_ctrl_c_in_the_host_ends_the_code(start):
    worker = start(seconds=60)
    main = threading.main_thread().ident
    threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        worker.run("import time\ntime.sleep(60)")
    assert not worker.alive
