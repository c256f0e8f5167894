"""Canaries: what only somebody outside of the walls could reach, for the self-test of a sandbox.

A file with a random word in it, a folder to write in, listeners on the loopback interface and on sockets of the file
system, a process to signal with the word in its environment. The trusted part of a worker tries them all before any
code of a model is run (`canaries_probe.py`), and the host looks whether anything was touched. A wall that does not
hold, or of which nothing is known, is a `SandboxUnavailableError`.

Covered: walls that were left out, do not work on this kernel, or were set up wrongly. Not covered: mistakes in the
kernel that a wall is made of; whoever writes the code may know some.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import secrets
import select
import shutil
import signal
import socket
import tempfile
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox.walls.left_folders import hold, sweep_once

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["WALLS", "Canaries", "canaries"]

WALLS = (
    *("read", "write", "connect", "environment", "signal"),
    *("other processes", "namespaces", "fork", "memory", "disk", "system calls", "privileges"),
)
"""Every wall that can be tried."""

_PREFIX = "llm-strategy-canary-"
_TELLING = 16
"""Values of the environment that are shorter are not looked for: others may have the same, and who finds what is left
of their marks in the memory of the worker could guess them."""


class Canaries:
    """One set of canaries, for all sessions of a process."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(16)
        """The word that nobody inside may see."""
        self._owner = os.getpid()
        with ExitStack() as stack:
            self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
            stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
            stack.callback(os.close, hold(self._folder))
            self._open = self._folder / "open"
            self._lay_files()
            self._listeners = self._listen(stack)
            self.process = _decoy(self.token, stack)
            """A process that waits to be signalled."""
            self._undo = stack.pop_all()

    def plan(self, walls: Sequence[str], given: Mapping[str, str], **limits: Any) -> dict[str, Any]:
        """Return what the part inside is to try, as JSON data.

        Args:
            walls: Which walls this sandbox has.
            given: The environment that the code is given on purpose.
            limits: What the walls of limits must hold: `most_processes`, `most_memory`, `most_disk`, `most_files`,
                `folders`.
        """
        return {
            "walls": list(walls),
            "token": self.token,
            "secret": str(self._folder / "secret.txt"),
            "target": str(self._open / secrets.token_hex(8)),
            "addresses": [[one.family, one.type, _address(one)] for one in self._listeners],
            "environment": self.marks(given),
            "processes": [self._owner, self.process],
            "namespaces": _namespaces(),
            **limits,
        }

    def judge(self, name: str, plan: Mapping[str, Any], answers: object) -> None:
        """Look what came of it.

        Args:
            name: The sandbox, for the error.
            plan: What was to be tried.
            answers: What `canaries_probe.probe` returned; anything else is no proof.

        Raises:
            SandboxUnavailableError: a wall did not hold, or there is no clear answer.
        """
        touched = self._touched()
        lines = [told for wall in plan["walls"] if (told := _told(wall, answers, touched))]
        if not lines:
            return
        self.close()
        raise SandboxUnavailableError(
            f"The sandbox {name!r} does not hold on this machine, and no code was run:\n" + "\n".join(lines)
        )

    def marks(self, given: Mapping[str, str]) -> list[str]:
        """Return what tells the environment of this process apart, without telling it.

        Args:
            given: The part of it that the code is given on purpose.
        """
        told = {f"{name}={value}" for name, value in given.items()}
        entries = (f"{name}={value}" for name, value in os.environ.items() if len(value) >= _TELLING)
        key = self.token.encode()
        return [
            hashlib.blake2b(os.fsencode(one), key=key, digest_size=8).hexdigest() for one in entries if one not in told
        ]

    def close(self) -> None:
        """Take them away. May be called twice, and from a copy of the process, where it does nothing."""
        if os.getpid() == self._owner:
            self._undo.close()

    def usable(self) -> bool:
        """Whether they stand, and belong to this very process."""
        return os.getpid() == self._owner and self._open.is_dir()

    def _lay_files(self) -> None:
        # For every user: it is the sandbox that has to keep the code out, not the owner of a file.
        self._folder.chmod(0o711)
        secret = self._folder / "secret.txt"
        secret.write_text(self.token, encoding="utf-8")
        secret.chmod(0o644)
        self._open.mkdir()
        self._open.chmod(0o777)

    def _listen(self, stack: ExitStack) -> list[socket.SocketType]:
        # `SocketType` is the socket of the system: a test run that forbids connections may still have a listener.
        made: list[socket.SocketType] = []
        for family, kind, address in (
            (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            (socket.AF_UNIX, socket.SOCK_STREAM, str(self._folder / "socket")),
            (socket.AF_UNIX, socket.SOCK_STREAM, f"\0llm-strategy-{self.token[:8]}"),
        ):
            one = socket.SocketType(family, kind)
            stack.callback(one.close)
            one.setblocking(False)
            one.bind(address)
            if kind == socket.SOCK_STREAM:
                one.listen()
            made.append(one)
        (self._folder / "socket").chmod(0o777)
        return made

    def _touched(self) -> dict[str, str]:
        found: dict[str, str] = {}
        if any(self._open.iterdir()):
            found["write"] = "a file was written outside"
        if select.select(self._listeners, [], [], 0)[0]:
            found["connect"] = "a listener outside was reached"
        return found


_LOCK = threading.Lock()
_STANDING: list[Canaries] = []


def canaries() -> Canaries:
    """Return the canaries of this process, laid out at the first call.

    Raises:
        SandboxUnavailableError: they cannot be laid, so no wall can be tried.
    """
    with _LOCK:
        if _STANDING and not _STANDING[0].usable():
            _STANDING.clear()
        if not _STANDING:
            sweep_once(_PREFIX, _remove)
            try:
                _STANDING.append(Canaries())
            except OSError as error:
                raise SandboxUnavailableError(f"The walls of a sandbox cannot be tried here: {error}.") from error
            atexit.register(_STANDING[0].close)
        return _STANDING[0]


def _told(wall: str, answers: object, touched: Mapping[str, str]) -> str:
    """Return what is wrong with a wall, as a line; '' where it holds."""
    answer = cast("dict[str, object]", answers).get(wall) if isinstance(answers, dict) else None
    match answer:
        case [True, ""] if wall not in touched:
            return ""
        case [True, ""]:
            said = touched[wall]
        case [False, str(told)]:
            said = told
        case _:
            said = f"no clear answer ({answer!r})"
    return f"  {wall}: {said}"


def _decoy(token: str, stack: ExitStack) -> int:
    """Start a process that ends when this one does, since it waits at a pipe that this one holds."""
    waits, holds = os.pipe()
    try:
        process = os.posix_spawn(
            "/bin/cat",
            ["cat"],
            {"LLM_STRATEGY_CANARY": token},
            file_actions=[(os.POSIX_SPAWN_DUP2, waits, 0), (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
            setpgroup=0,
        )
    except BaseException:
        os.close(holds)
        raise
    finally:
        os.close(waits)
    stack.callback(_reap, process)
    stack.callback(os.close, holds)
    return process


def _reap(process: int) -> None:
    # A copy of this process may hold the pipe as well, so its end is not waited for.
    with suppress(ProcessLookupError, ChildProcessError):  # somebody else waits for all children of this process
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _address(one: socket.SocketType) -> object:
    address: object = one.getsockname()
    return os.fsdecode(address) if isinstance(address, bytes) else address  # bytes: a name without a file


def _namespaces() -> dict[str, int]:
    """Return the numbers of those that a sandbox may have its own of; none of it has 0."""
    return {name: _namespace(name) for name in ("pid", "net", "ipc", "uts", "mnt")}


def _namespace(name: str) -> int:
    try:
        return Path(f"/proc/self/ns/{name}").stat().st_ino
    except OSError:
        return 0
