"""Starts pytest as a child process inside the sandbox, passes on what it reports, and sees how it ends.

It runs in the process of the session, which the tests are no part of. It judges nothing: that is done outside.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["run"]

_PIECE = 1 << 16
_KEPT = 6000
_BEGINNING = 30.0
"""Seconds until pytest has to be loaded."""
_SIGNAL = signal.SIGUSR2
_STAGES = frozenset({"ready", "file", "tests", "begin", "end", "over"})
_AWAITED = frozenset({"file", "begin"})
"""What the program waits after, until it is known outside: what comes next may end everything."""


def run(plan: dict[str, Any], tell: Callable[[str], object]) -> dict[str, Any]:
    """Lay the files, run pytest, and return how it ended.

    Args:
        plan: `archive` (a file of paths and contents), `child` (the program), `seconds`, `environment`, `token`,
            `sources` (whether `src/` is a folder to import from), and `orders` for the program.
        tell: is given the lines that the program reports, as they come.
    """
    workspace = os.getcwd()  # noqa: PTH109 (pathlib would have to be loaded)
    _lay(workspace, plan["archive"])
    return _Watch(plan, workspace, tell).end()


def _lay(workspace: str, archive: str) -> None:
    path = os.path.join(workspace, archive)  # noqa: PTH118 (pathlib would have to be loaded)
    with open(path, encoding="ascii") as file:  # noqa: PTH123
        files: dict[str, str] = json.load(file)
    os.remove(path)  # noqa: PTH107
    for name, data in files.items():
        place = os.path.join(workspace, name)  # noqa: PTH118
        os.makedirs(os.path.dirname(place), exist_ok=True)  # noqa: PTH103, PTH120
        with open(place, "wb") as file:  # noqa: PTH123
            file.write(base64.b64decode(data))


class _Watch:
    """One run of pytest."""

    def __init__(self, plan: dict[str, Any], workspace: str, tell: Callable[[str], object]) -> None:
        self._tell = tell
        self._token: str = plan["token"]
        self._seconds: float = plan["seconds"]
        self._part = b""
        self._output = self._where = b""
        self._hung = False
        self._selector = selectors.DefaultSelector()
        paths = [workspace, os.path.join(workspace, "src")] if plan["sources"] else [workspace]  # noqa: PTH118
        reports, report = os.pipe()
        places, place = os.pipe()
        answer, self._answers = os.pipe()
        self._child = subprocess.Popen(  # noqa: S603 (a program of ours)
            [sys.executable, "-s", "-P", "-X", "utf8", "-c", plan["child"]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=workspace,
            env={**os.environ, **plan["environment"]},
            pass_fds=(report, place, answer),
            start_new_session=True,
        )
        for number in (report, place, answer):
            os.close(number)
        self._until = time.monotonic() + _BEGINNING
        orders: dict[str, Any] = plan["orders"] | {"report": report, "place": place, "answer": answer, "paths": paths}
        orders |= {"token": self._token, "signal": int(_SIGNAL)}
        orders["arguments"] = [f"--rootdir={workspace}", f"--confcutdir={workspace}", *orders["arguments"]]
        with suppress(BrokenPipeError), self._child.stdin as stdin:  # type: ignore[union-attr]
            stdin.write(json.dumps(orders).encode())
        output: Any = self._child.stdout
        sources = {reports: self._report, places: self._place, output.fileno(): self._print}
        for number, take in sources.items():
            os.set_blocking(number, False)
            self._selector.register(number, selectors.EVENT_READ, take)

    def end(self) -> dict[str, Any]:
        """Wait for the end, and tell it."""
        while self._selector.get_map() and self._child.poll() is None:
            self._take(0.05)
            if time.monotonic() > self._until:
                self._hang()
                break
        if not self._hung:
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(2)
        while self._selector.get_map() and self._take(0):
            pass
        status = self._child.poll()  # None: it has closed all pipes, and goes on
        with suppress(OSError):
            os.killpg(self._child.pid, signal.SIGKILL)
        return {
            "status": status,
            "hung": self._hung,
            "where": self._where.decode(errors="replace"),
            "output": self._output.decode(errors="replace"),
        }

    def _hang(self) -> None:
        """Have the program say where it is, and end it."""
        self._hung = True
        with suppress(OSError):
            self._child.send_signal(_SIGNAL)
        until = time.monotonic() + 0.5
        while not self._where.endswith(b"\n\n") and time.monotonic() < until and self._selector.get_map():
            self._take(0.05)
        with suppress(OSError, subprocess.TimeoutExpired):  # no signals may be sent here: the session ends it, then
            self._child.kill()
            self._child.wait(2)

    def _take(self, seconds: float) -> bool:
        found = self._selector.select(seconds)
        for key, _ in found:
            try:
                data = os.read(key.fd, _PIECE)
            except BlockingIOError:
                continue
            if not data:
                self._selector.unregister(key.fd)
            key.data(data)
        return bool(found)

    def _print(self, data: bytes) -> None:
        self._output = (self._output + data)[-_KEPT:]

    def _place(self, data: bytes) -> None:
        self._where = (self._where + data)[:_KEPT]

    def _report(self, data: bytes) -> None:
        if self._hung:
            return  # it comes too late
        whole, line_end, self._part = (self._part + data).rpartition(b"\n")
        if not line_end:
            if len(self._part) > 64 * _PIECE:  # no line of ours is as long
                self._part = b""
            return
        text = whole.decode(errors="replace")
        kinds = [self._kind(line) for line in text.split("\n")]
        if not _STAGES.isdisjoint(kinds):
            self._until = time.monotonic() + self._seconds
        for start in range(0, len(text), 1 << 20):
            self._tell(text[start : start + (1 << 20)] + ("\n" if start + (1 << 20) >= len(text) else ""))
        with suppress(OSError):
            os.write(self._answers, b"." * sum(kind in _AWAITED for kind in kinds))

    def _kind(self, line: str) -> str:
        try:
            said = json.loads(line)
            return str(said["kind"]) if said["token"] == self._token else ""
        except (ValueError, KeyError, TypeError):
            return ""
