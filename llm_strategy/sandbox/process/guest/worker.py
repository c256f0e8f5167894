"""The worker inside: it takes orders from the host, one at a time, until the host is gone."""

from __future__ import annotations

import base64
import fcntl
import importlib
import io
import os
import random
import resource
import sys
import time
from contextlib import suppress
from types import ModuleType
from typing import Any

from llm_strategy.sandbox.process.guest.alarm import Alarm
from llm_strategy.sandbox.process.guest.channel import Channel, Closed
from llm_strategy.sandbox.process.guest.execution import Execution
from llm_strategy.sandbox.process.guest.files import Stamps, changes, read_part, scan, write_part
from llm_strategy.sandbox.process.guest.functions import ActionEnded, Calls, ToolError
from llm_strategy.sandbox.process.guest.supervisor import supervised

__all__ = ["Streams", "Worker", "serve"]

_DESCRIPTORS = 1024
_HIGH = 640
"""Descriptors of the worker lie above: below them, code opens and closes what it likes."""


def serve(numbers: list[int], hello: dict[str, Any]) -> None:
    """Serve a session to its end.

    Args:
        numbers: descriptors: to read from, to write to, that of interrupts, and the lifeline or -1.
        hello: what the host says first.
    """
    source, sink, alarms, lifeline = numbers
    if lifeline >= 0:
        supervised(lifeline, [source, sink, alarms])
    lowest = _lowest(hello["offset"])
    source, sink, alarms = (_moved(number, lowest) for number in (source, sink, alarms))
    alarm = Alarm(alarms)
    worker = Worker(Channel(source, sink, hello["nonce"], alarm), alarm, Streams(lowest), hello)
    os.register_at_fork(after_in_child=lambda: _close(source, sink, alarms))
    alarm.arm()
    if hello.get("seed"):
        random.seed(hello["seed"])
    worker.ready()
    worker.work()
    os._exit(0)


def _lowest(offset: int) -> int:
    """Return the number from which on the worker keeps its descriptors; fewer may be allowed here than is usual."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < _DESCRIPTORS:
        soft = _DESCRIPTORS if hard < 0 else min(_DESCRIPTORS, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return _HIGH + offset if soft < 0 else min(_HIGH + offset, max(3, soft - 16))


def _moved(number: int, lowest: int) -> int:
    moved = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, lowest)
    os.close(number)
    return moved


def _close(*numbers: int) -> None:
    for number in numbers:
        with suppress(OSError):
            os.close(number)


class Streams:
    """stdout and stderr, as the worker was given them; the code may have closed or replaced what it sees."""

    def __init__(self, lowest: int) -> None:
        self._kept = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, lowest) for number in (1, 2)]
        self._files: list[io.TextIOWrapper | None] = [None, None]
        self._duplicate = os.dup2

    def restore(self) -> None:
        """Put them where the code expects them."""
        for number, kept in zip((1, 2), self._kept, strict=True):
            self._duplicate(kept, number)
        files = [self._file(place) for place in (0, 1)]
        sys.stdout = sys.__stdout__ = files[0]  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = files[1]  # type: ignore[misc]

    def flush(self) -> None:
        """Send on what is still held back."""
        for file in (*self._files, sys.stdout, sys.stderr):
            with suppress(BaseException):  # the code may have put anything there
                file.flush()  # type: ignore[union-attr]

    def _file(self, place: int) -> io.TextIOWrapper:
        file = self._files[place]
        if file is None or file.closed:
            raw = io.FileIO(place + 1, "w", closefd=False)
            file = io.TextIOWrapper(
                io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True
            )
            self._files[place] = file
        return file


class Worker:
    """What the host can ask for."""

    def __init__(self, channel: Channel, alarm: Alarm, streams: Streams, hello: dict[str, Any]) -> None:
        self._channel = channel
        self._alarm = alarm
        self._streams = streams
        self._hello = hello
        self._workspace: str = hello["workspace"]
        self._calls = Calls(channel, alarm)
        self._calls.other = self._file
        self._functions = {
            one["name"]: self._calls.function(one["name"], one["parameters"], one["many"], one["description"])
            for one in hello["functions"]
        }
        names: dict[str, Any] = {"ToolError": ToolError, **self._functions}
        ToolError.__module__ = "__main__"
        self._execution = Execution(self._workspace, names, alarm)
        self._stamps: Stamps = {}
        self._exit = os._exit

    def ready(self) -> None:
        """Close the walls, and say that the session can begin."""
        os.chdir(self._workspace)
        sys.path.insert(0, self._workspace)
        sys.argv = [""]
        self._streams.restore()
        told: dict[str, Any] = {"kind": "ready", "told": None}
        try:
            for name, value in self._hello["rlimits"].items():
                _limit(name, value)
            told["told"] = self._prelude()
            self._stamps = self._scan()
        except Exception as error:  # noqa: BLE001 (whatever it is, the host refuses)
            told = {"kind": "failed", "message": f"{type(error).__name__}: {error}"}
        self._channel.send(told)

    def work(self) -> None:
        """Carry out one order after the other."""
        while True:
            try:
                order = self._channel.receive()
            except Closed:
                return
            except BaseException:  # noqa: BLE001, S112 (a signal handler of the code's own has raised)
                continue
            if order["kind"] == "run":
                self._run(order["action"], order["number"], order["code"])
            else:
                self._file(order)

    def _run(self, action: int, number: int, code: str) -> None:
        began, before = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
        self._alarm.action = action
        self._calls.begin(action)
        self._streams.restore()
        told = self._execution.run(number, code)
        self._keep_functions()
        failed = False
        while True:
            try:
                told |= self._rest(began, before)
                with self._channel.lock:
                    self._calls.close()
                    self._channel.send({"kind": "done", "action": action, "ended": self._calls.ended, **told})
                return  # noqa: TRY300 (the last of several tries)
            except (ActionEnded, KeyboardInterrupt):
                continue
            except MemoryError:
                told = {"error": {"kind": "MemoryLimit", "message": "There was not enough memory.", "traceback": ""}}
            except Exception as error:
                if failed:
                    raise
                failed, message = True, "What came of the action cannot be told."
                told = {"error": {"kind": type(error).__name__, "message": message, "traceback": ""}}

    def _keep_functions(self) -> None:
        """Put back the functions that ask the host, where code has used their names for something else."""
        names = self._execution.module.__dict__
        taken = [name for name, function in self._functions.items() if names.get(name) is not function]
        names.update(self._functions)
        if taken:
            with suppress(OSError):
                os.write(2, f"Note: {', '.join(taken)} stands for a function again; use other names.\n".encode())

    def _rest(self, began: float, before: Any) -> dict[str, Any]:
        self._streams.flush()
        after = self._scan()
        files, self._stamps = changes(self._stamps, after), after
        children, own = resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF)
        of_children = children.ru_utime + children.ru_stime - before.ru_utime - before.ru_stime
        size = own.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return {"files": files, "cpu": time.process_time() - began + of_children, "memory": size / 2**20}

    def _scan(self) -> Stamps:
        return scan(self._workspace, self._hello["most_files"] + 1)

    def _file(self, order: dict[str, Any]) -> None:
        if order["kind"] not in {"read", "write"}:
            return  # the answer to a call that was interrupted
        try:
            if order["kind"] == "read":
                data = read_part(self._workspace, order["path"], order["start"], order["count"])
                told = {"kind": "file", "data": base64.b64encode(data).decode()}
            else:
                write_part(self._workspace, order["path"], order["start"], base64.b64decode(order["data"]))
                self._stamps = self._scan()
                told = {"kind": "file", "data": ""}
        except OSError as error:
            told = {"kind": "missing", "error": type(error).__name__, "message": error.strerror or ""}
        self._channel.send({"action": order["action"], **told})

    def _prelude(self) -> Any:
        given = self._hello["prelude"]
        if given is None:
            return None
        module = ModuleType("prelude")
        exec(compile(given["source"], "<prelude>", "exec", dont_inherit=True), module.__dict__)  # noqa: S102 (ours)
        return getattr(module, given["function"])(given["data"])


def _limit(name: str, value: int) -> None:
    number = getattr(resource, f"RLIMIT_{name}", None)
    if number is None:
        return
    most = resource.getrlimit(number)[1]
    if most != resource.RLIM_INFINITY:
        value = min(value, most)
    try:
        resource.setrlimit(number, (value, value))
    except (OSError, ValueError):
        if sys.platform == "linux":
            raise


importlib.import_module("traceback")  # while there is memory, and files can be read
