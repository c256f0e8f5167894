"""The program inside, run in this process: all orders are laid into its pipe, then it works until the end."""

import builtins
import json
import os
import signal
import sys
import textwrap

import pytest

from llm_strategy.sandbox.process.frames import FrameReader, frame_of
from llm_strategy.sandbox.process.guest import loader
from llm_strategy.sandbox.process.guest import worker as worker_module
from llm_strategy.sandbox.process.guest.alarm import Alarm, Interrupted, TimeLimit
from llm_strategy.sandbox.process.guest.channel import Channel, Closed
from llm_strategy.sandbox.process.guest.files import changes, read_part, scan, write_part
from llm_strategy.sandbox.process.guest.supervisor import descendants, end_all
from llm_strategy.sandbox.process.guest_program import MAIN, guest_modules

HELLO = {
    "nonce": "n",
    "offset": 0,
    "most_files": 100,
    "rlimits": {},
    "prelude": None,
    "functions": [
        {"name": "ask", "parameters": ["a", "b"], "many": "", "description": "Asks."},
        {"name": "log", "parameters": [], "many": "parts", "description": ""},
    ],
}


class Left(BaseException):
    """The worker has ended its process."""


def leave(code):
    raise Left(code)


@pytest.fixture
def inside(tmp_path, monkeypatch):
    """Lets the program serve orders, and returns the frames that it sends."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "argv", [*sys.argv])
    for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(os, "register_at_fork", lambda **_: None)
    kept = signal.getsignal(signal.SIGIO)
    opened = []

    def serve(*orders, **hello):
        (source, gives), (takes, sink), (alarms, rings) = os.pipe(), os.pipe(), os.pipe()
        opened.extend((takes, rings))
        os.write(gives, b"".join(map(frame_of, orders)))
        os.close(gives)
        with pytest.raises(Left):
            worker_module.serve([source, sink, alarms, -1], {**HELLO, "workspace": str(workspace), **hello})
        reader = FrameReader("n")
        os.set_blocking(takes, False)
        reader.feed(os.read(takes, 1 << 16))
        return list(iter(reader.next, None))

    yield serve
    for number in opened:
        os.close(number)
    for number in range(640, 660):  # what the worker kept for itself
        try:
            os.close(number)
        except OSError:
            continue
    signal.signal(signal.SIGIO, kept)  # not before: closing a pipe gives the signal


def run(code, action=1):
    return {"kind": "run", "action": action, "number": action, "code": textwrap.dedent(code)}


def test_it_says_that_it_is_ready_and_ends_with_the_host(inside):
    assert inside() == [{"kind": "ready", "told": None}]


def test_an_action_is_run_and_told(inside):
    _, done = inside(run("x = 1\nwith open('f', 'w') as f: f.write('a')\nx + 1"))
    assert (done["kind"], done["action"], done["value"], done["shown"], done["ended"]) == ("done", 1, 2, "2", False)
    assert done["files"] == [{"path": "f", "operation": "create", "size": 1}]
    assert done["cpu"] >= 0
    assert done["memory"] > 0


def test_names_stay_and_errors_are_told(inside):
    frames = inside(
        run("x = 1"), run("x / 0", 2), run("raise SystemExit", 3), run("object()", 4), run("if", 5), run("x", 6)
    )
    assert [one.get("error", {}).get("kind") for one in frames[1:]] == [
        None,
        "ZeroDivisionError",
        None,
        None,
        "SyntaxError",
        None,
    ]
    assert "x / 0" in frames[2]["error"]["traceback"]
    assert "value" not in frames[4]
    assert frames[6]["value"] == 1


def test_memory_that_is_used_up_is_told(inside):
    frames = inside(
        run("raise MemoryError"), run("class Big(MemoryError):\n    def __str__(self): raise MemoryError\nraise Big", 2)
    )
    assert frames[1]["error"]["kind"] == "MemoryLimit"
    assert frames[1]["error"]["message"] == "There was not enough memory."
    assert frames[2]["error"]["kind"] == "MemoryLimit"


def test_await_at_the_top(inside):
    assert inside(run("async def f(): return 3\nawait f()"))[1]["value"] == 3


def test_future_features_stay(inside):
    frames = inside(
        run("from __future__ import annotations\ndef f(a: Nowhere): ...\nf.__annotations__"),
        run("def g(a: Nowhere): ...\ng.__annotations__", 2),
    )
    assert [one["value"] for one in frames[1:]] == [{"a": "Nowhere"}] * 2


def answer(call, kind="returned", action=1, **more):
    return {"kind": kind, "action": action, "call": call, **more}


def test_calls_are_asked_and_answered(inside):
    frames = inside(
        run("got = [ask(1, b=2)]\ntry:\n    ask()\nexcept ToolError as e: got.append(str(e))\nlog(1, 2)\ngot"),
        answer(1, value={"v": 1}),
        answer(2, "raised", message="no"),
        answer(3, value=None),
    )
    calls = [(one["tool"], one["arguments"], one["call"]) for one in frames[1:4]]
    assert calls == [("ask", '{"a":1,"b":2}', 1), ("ask", "{}", 2), ("log", '{"parts":[1,2]}', 3)]
    assert frames[4]["value"] == [{"v": 1}, "no"]


def test_an_answer_that_ends_the_action(inside):
    frames = inside(
        run("n = 0\ntry:\n    ask()\nexcept BaseException: n += 1\ntry:\n    ask()\nexcept BaseException: n += 1"),
        answer(1, "ended"),
        run("n", 2),
    )
    assert frames[2]["ended"] is True
    assert frames[3]["value"] == 2


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("ask(1, 2, 3)", "takes 2"),
        ("ask(c=1)", "has no parameter 'c'"),
        ("ask(1, a=2)", "twice"),
        ("ask(ask)", "of type function"),
    ],
)
def test_calls_that_do_not_fit(inside, code, told):
    error = inside(run(code))[1]["error"]
    assert error["kind"] == "TypeError"
    assert told in error["message"]


def test_calls_outside_of_an_action_or_in_a_call_are_refused(inside):
    code = """
        import signal
        def again(*a):
            try: ask()
            except RuntimeError as e: said.append(str(e))
        said = []
        class Asks:
            def __iter__(self): return iter(())
        import os
        real = os.getpid
        os.getpid = lambda: 0
        try: ask()
        except RuntimeError as e: said.append(str(e))
        os.getpid = real
        said
    """
    found = inside(run(code))[1]["value"]
    assert found == ["ask() asks the host, which only the process of the session can."]


def test_late_answers_are_nobodys_and_files_are_served_meanwhile(inside):
    frames = inside(
        run("ask(1)"),
        answer(7, value="other"),
        {"kind": "write", "action": 1, "path": "a/b", "start": 0, "data": "eA=="},
        {"kind": "read", "action": 1, "path": "a/b", "start": 0, "count": 10},
        answer(1, value="mine"),
        answer(1, value="late"),
        {"kind": "read", "action": 9, "path": "none", "start": 0, "count": 10},
    )
    assert frames[2] == {"kind": "file", "action": 1, "data": ""}
    assert frames[3] == {"kind": "file", "action": 1, "data": "eA=="}
    assert frames[4]["value"] == "mine"
    assert frames[5] == {
        "kind": "missing",
        "action": 9,
        "error": "FileNotFoundError",
        "message": "No such file or directory",
    }


def test_what_is_built_in_is_as_the_code_made_it_while_it_runs_only(inside):
    before = builtins.len
    frames = inside(
        run("import builtins\nbuiltins.len = lambda x: 42\nlen('')"),
        run("len('')", 2),
        run("x = (", 3),
        run("len('')", 4),
        run("del builtins.sum", 5),
    )
    assert builtins.len is before
    assert [one.get("value") for one in frames[1:]] == [42, 42, None, 42, None]


def test_a_prelude_and_limits(inside):
    prelude = {"source": "def wall(data): return data + 1", "function": "wall", "data": 1}
    assert inside(prelude=prelude, rlimits={"CORE": 0, "NOTHING": 1})[0]["told"] == 2
    broken = inside(prelude={**prelude, "data": "x"})[0]
    assert broken["kind"] == "failed"
    assert broken["message"].startswith("TypeError: ")


def test_a_limit_that_cannot_be_set_refuses(inside, monkeypatch):
    def refuse(*_):
        raise ValueError("not allowed")

    monkeypatch.setattr(worker_module.resource, "setrlimit", refuse)
    assert inside(rlimits={"CORE": 0})[0]["message"] == "ValueError: not allowed"
    monkeypatch.setattr(worker_module.sys, "platform", "darwin")
    assert inside(rlimits={"CORE": 0})[0]["kind"] == "ready"


def test_streams_that_the_code_closed_are_made_anew(inside):
    frames = inside(
        run("import sys\nsys.stdout.close()"),
        run("import sys\nsys.stdout.closed", 2),
        run("import sys\nsys.stdout = None", 3),
    )
    assert frames[2]["value"] is False


@pytest.mark.parametrize(("end", "code"), [("1", 0), ("1/0", 1)])
def test_a_copy_of_the_process_leaves_silently(inside, monkeypatch, end, code):
    left, real, copied = [], os.getpid(), []

    def process():
        return 0 if copied else real

    def gone(status):
        left.append(status)
        raise Left

    process.copied = copied
    monkeypatch.setattr(os, "getpid", process)
    monkeypatch.setattr(os, "_exit", gone)
    monkeypatch.setattr(os, "write", os.write)
    frames = inside(run(f"import os\nos.getpid.copied.append(1)\n{end}"))
    assert (len(frames), left) == (1, [code])


def test_time_that_is_over_at_the_very_end_is_told(inside, monkeypatch):
    def leave(self):
        self._inside = False
        raise TimeLimit("late")

    monkeypatch.setattr(Alarm, "leave", leave)
    assert inside(run("1"))[1]["error"]["kind"] == "TimeLimit"


def test_errors_with_causes_and_parts_are_told(inside):
    frames = inside(
        run(
            "try:\n    1/0\nexcept ZeroDivisionError as e:\n    raise ExceptionGroup('g', [ValueError('part')]) from e"
        ),
        run("class Odd(Exception):\n    def __str__(self): raise TypeError\nraise Odd", 2),
        run("def f(n): return f(n + 1)\nf(0)", 3),
        run("try:\n    1/0\nexcept ZeroDivisionError:\n    raise KeyError('x' * 20_000)", 4),
    )
    told = [one["error"]["traceback"] for one in frames[1:]]
    assert "direct cause" in told[0]
    assert "ValueError: part" in told[0]
    assert frames[2]["error"]["message"] == "(its message raised TypeError)"
    assert told[2].count("\n") < 60
    assert "[...]" in told[3]
    assert "During handling" in told[3]


def test_a_signal_handler_that_raises_between_orders_ends_nothing(inside, monkeypatch):
    real = Channel.receive
    raised = []

    def receive(self):
        if not raised:
            raised.append(1)
            raise KeyError
        return real(self)

    monkeypatch.setattr(Channel, "receive", receive)
    assert inside(run("1"))[1]["value"] == 1


def test_ctrl_c_while_the_end_is_told_is_of_no_account(inside, monkeypatch):
    real = worker_module.scan
    raised = [MemoryError, KeyboardInterrupt]

    def look(root, most):
        if looked and raised:
            raise raised.pop()
        looked.append(1)
        return real(root, most)

    looked = []
    monkeypatch.setattr(worker_module, "scan", look)
    assert inside(run("1"))[1]["error"]["kind"] == "MemoryLimit"


def test_interrupts_come_where_code_runs_and_nowhere_else():
    read, write = os.pipe()
    alarm = Alarm(read)
    os.set_blocking(read, False)
    alarm.action = 3

    def ring(action, kind):
        os.write(write, action.to_bytes(8, "big") + kind)
        alarm.ring(0, None)

    alarm.ring(0, None)  # nothing there
    ring(3, b"T")
    with pytest.raises(TimeLimit):
        alarm.enter()
    ring(2, b"T")  # of an action that is over
    ring(4, b"T")
    alarm.leave()
    ring(3, b"I")
    alarm.leave()
    alarm.enter()
    alarm.hold()
    ring(3, b"I")
    with pytest.raises(Interrupted):
        alarm.release()
    with pytest.raises(Interrupted):
        ring(3, b"?")
    os.close(read)
    os.close(write)


def test_a_channel_gives_whole_frames_and_ends():
    (source, gives), (takes, sink) = os.pipe(), os.pipe()
    channel = Channel(source, sink, "n", Alarm(-1))
    assert channel.descriptors == (source, sink)
    frame = frame_of({"a": 1})
    os.write(gives, frame[:3])
    os.write(gives, frame[3:] + frame[:6])
    assert channel.receive() == {"a": 1}
    os.close(gives)
    with pytest.raises(Closed):
        channel.receive()
    channel.send({"b": 2})
    assert json.loads(os.read(takes, 100)[4:]) == {"nonce": "n", "b": 2}
    for number in (source, takes, sink):
        os.close(number)


def test_the_modules_are_loaded_without_a_trace():
    before = dict(sys.modules)
    loaded = loader.load([list(one) for one in guest_modules()])
    assert loaded[MAIN].serve is not worker_module.serve
    assert dict(sys.modules) == before
    kept = loader.load([["json", "x = 1"]])["json"]
    assert (kept.x, sys.modules["json"]) == (1, before["json"])


def test_the_loader_takes_the_program_from_the_pipe(monkeypatch):
    read, write = os.pipe()
    hello = {
        "modules": [["served_module", "def serve(numbers, hello): raise ValueError([numbers, hello])"]],
        "main": "served_module",
        "a": 1,
    }
    os.write(write, frame_of(hello))
    with pytest.raises(ValueError, match=r"\[\[\d+, 1, 2, -1\], \{'a': 1\}\]"):
        loader.start(f"{read},1,2,-1")
    os.close(write)
    monkeypatch.setattr(os, "_exit", leave)
    with pytest.raises(Left):
        loader.start(f"{read},1,2,-1")
    os.close(read)


def test_the_scan_of_a_workspace_is_bounded_and_told_in_order(tmp_path):
    root = str(tmp_path)
    for name in ("b", "a", "c"):
        write_part(root, f"d/{name}", 0, b"x")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x").touch()
    found = scan(root, 100)
    assert sorted(found) == ["d/a", "d/b", "d/c"]
    assert len(scan(root, 3)) <= 2
    assert scan(str(tmp_path / "nowhere"), 10) == {}
    (tmp_path / "d" / "a").unlink()
    assert changes(found, scan(root, 100)) == [{"path": "d/a", "operation": "delete", "size": 0}]
    assert changes(found, found) == []
    many = {str(number): (1, 1, 1, 1) for number in range(500)}
    assert len(changes({}, many)) == 200


def test_parts_of_files_are_read_and_written(tmp_path):
    root = str(tmp_path)
    write_part(root, "a", 0, b"12345")
    write_part(root, "a", 5, b"67")
    assert read_part(root, "a", 4, 2) == b"56"
    write_part(root, "a", 0, b"")
    assert read_part(root, "a", 0, 9) == b""
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(OSError, match="link"):
        read_part(root, "link", 0, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_all_below_a_process_are_ended():
    import subprocess

    with subprocess.Popen(
        ["sh", "-c", "sleep 100 & sh -c 'sleep 100 & wait' & echo up; wait; wait; read x"],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
    ) as shell:
        assert shell.stdout.readline() == b"up\n"
        while len(descendants(shell.pid)) < 3:
            pass
        end_all(shell.pid, lambda: False)
        assert descendants(shell.pid) == []
        shell.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_a_child_that_no_look_has_met_is_looked_for_again():
    import subprocess

    with subprocess.Popen(["sleep", "100"]) as alone:
        told = [True, True, False]
        end_all(alone.pid, lambda: told.pop(0))
        assert told == []
        alone.kill()
