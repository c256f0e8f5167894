"""A worker process of monty with a session in it, which can be ended from any thread and started anew."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakSet

import pydantic_monty

from llm_strategy.sandbox.monty.launch import launcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_monty import MontySession, SyncSnapshot

    from llm_strategy.sandbox.limits import Limits

__all__ = ["KilledError", "Machine", "untouched_in_copies"]

T = TypeVar("T")

_GRACE = 0.5
"""Seconds beyond its time that monty gets to stop by itself; then its process is killed."""
_SUSPENSIONS = 10**9
"""How often code may ask outside: no limit of ours, the session counts calls."""


_HELD: WeakSet[object] = WeakSet()
_BEGUN_BY: set[int] = set()
"""The process that first began one: the threads by which monty's client works are in no copy of that process."""


def untouched_in_copies(held: object) -> None:
    """Let an object never be given up in a process that is forked from this one.

    To give up what belongs to a session speaks to its process, for which the first owner waits as well.
    """
    _HELD.add(held)


def _hold() -> None:
    for held in list(_HELD):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_hold)


class KilledError(Exception):
    """Code was to begin to run, and had been ended just before."""


class Machine:
    """One process of monty and the session in it. `kill` may come from any thread, the rest from one at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._guard = threading.Lock()
        self._busy = self._doomed = False
        self._owner = os.getpid()
        if not _BEGUN_BY:
            _BEGUN_BY.add(self._owner)
        if self._owner not in _BEGUN_BY:
            raise RuntimeError(
                "this process was forked from one that has used monty, whose client works in one process only. "
                "Begin it with 'spawn' or 'forkserver', or take another sandbox in it"
            )
        self._side = ThreadPoolExecutor(1, "monty")
        self._pool = pydantic_monty.Monty(
            binary_path=launcher(), min_processes=1, max_processes=1, feed_duration_limit_grace=_GRACE
        )
        untouched_in_copies(self)
        self._process: _Process | None = None
        try:
            self._aside(self._pool.__enter__)
            self.session = self._aside(self._checkout)
        except BaseException:
            self.close()
            raise

    @property
    def ours(self) -> bool:
        """Whether this is the process that began it, and no copy of that."""
        return self._owner == os.getpid()

    def _aside(self, call: Callable[[], T]) -> T:
        """Do what may begin a process in the thread that lasts as long as this: with the thread, its process ends."""
        return self._side.submit(call).result()

    def _checkout(self) -> MontySession:
        session = self._pool.checkout(
            limits={
                "max_feed_duration_secs": float(self._limits.seconds),
                "max_memory": int(self._limits.memory_mib * 2**20),
                "max_suspensions": _SUSPENSIONS,
            },
            assert_message_annotations=False,
            os_policy={"sleep": "call_host"},
        )
        session.__enter__()
        self._process = _Process(session.worker_pid or 0)
        return session

    def turn(self, turn: Callable[[], SyncSnapshot]) -> SyncSnapshot:
        """Let the code run until it asks or is over."""
        if threading.current_thread() is not threading.main_thread():
            return self._blocked(turn)
        try:
            return self._side.submit(
                self._blocked, turn
            ).result()  # waiting for monty itself, Ctrl-C would not be heard
        except KeyboardInterrupt:
            self.kill()
            raise

    def _blocked(self, turn: Callable[[], SyncSnapshot]) -> SyncSnapshot:
        with self._guard:
            if self._doomed:
                raise KilledError
            self._busy = True
        try:
            return turn()
        finally:
            with self._guard:
                self._busy = False

    def kill(self) -> None:
        """End the process where code runs in it at this moment, and let none begin until `spare`."""
        if not self.ours:
            return
        with self._guard:
            self._doomed = True
            if self._busy and self._process is not None:
                self._process.kill()

    def spare(self) -> None:
        """Let code begin to run: what was killed before was another action."""
        with self._guard:
            self._doomed = False

    def renew(self, state: bytes = b"") -> None:
        """Give up the session, and go on in a fresh one, from a state where one is given."""
        self._leave()
        self.session = self._aside(self._checkout)
        if state:
            self.session.load_session(state)

    def grown(self) -> int | None:
        """Return by how many bytes the process has grown since this was first asked, where this system tells."""
        return self._process.grown() if self._process is not None else None

    def _leave(self) -> None:
        if self._process is not None:
            self._process.forget()
            self._process = None
            with contextlib.suppress(Exception):  # a session whose process died is left with an error of monty's
                self._aside(self._exit)

    def _exit(self) -> None:
        self.session.__exit__(None, None, None)

    def close(self) -> None:
        """End the process, and the pool that holds it; in a copy of this process, nothing."""
        if not self.ours:
            return
        self._leave()
        self._side.shutdown(wait=False)
        with contextlib.suppress(Exception):
            self._pool.__exit__(None, None, None)


class _Process:
    """A process by its number, and by a handle that no other process can get where the system has such handles."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        open_handle = getattr(os, "pidfd_open", None)
        try:
            self._handle: int | None = open_handle(pid) if open_handle and pid else None
        except OSError:  # an old kernel, or one that forbids it
            self._handle = None
        self._before: int | None = None

    def kill(self) -> None:
        """End it at once."""
        strongest = getattr(signal, "SIGKILL", signal.SIGTERM)  # on Windows, SIGTERM ends a process at once
        with contextlib.suppress(OSError):
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, strongest)
            elif self._pid:
                os.kill(self._pid, strongest)

    def grown(self) -> int | None:
        """Return its growth in bytes."""
        now = _resident(self._pid)
        if self._before is None:
            self._before = now
        return None if now is None or self._before is None else max(0, now - self._before)

    def forget(self) -> None:
        """Give its handle back."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _resident(pid: int) -> int | None:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
