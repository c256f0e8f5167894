"""The process of a session, with its pipes: it takes over nothing of this one, and ends with all that it started."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.sandbox.process.guest_program import loader

if TYPE_CHECKING:
    from llm_strategy.sandbox.process.launch import Launch

__all__ = ["MARK", "GuestProcess"]

MARK = "LLM_STRATEGY_SESSION"
"""A variable in the environment of all processes of a session, to find those by that nothing else leads to."""
_HERE: weakref.WeakSet[GuestProcess] = weakref.WeakSet()
_ENDING = 10.0
_EMPTYING = 2.0


class GuestProcess:
    """A started interpreter. `end` may be called from any thread, and more than once.

    Args:
        launch: how it is started.
        mark: a word of its own for this session.
        seed: what hashes of texts begin with; 0 for others each time.

    Raises:
        OSError: the command cannot be started.
    """

    def __init__(self, launch: Launch, mark: str, seed: int = 0) -> None:
        self._launch = launch
        self._seed = {"PYTHONHASHSEED": str(seed)} if seed else {}
        self._mark = mark
        self._owner = os.getpid()
        self._lifeline = -1
        theirs: list[int] = []
        ours: list[int] = []

        def pipe(*, reads: bool) -> tuple[int, int]:
            ends = os.pipe()
            theirs.append(ends[0] if reads else ends[1])
            ours.append(ends[1] if reads else ends[0])
            return theirs[-1], ours[-1]

        try:
            orders, self.orders = pipe(reads=True)
            frames, self.frames = pipe(reads=False)
            alarms, self.alarms = pipe(reads=True)
            out, self.out = pipe(reads=False)
            err, self.err = pipe(reads=False)
            lifeline = -1
            if launch.supervised:
                lifeline, self._lifeline = pipe(reads=True)
            self._process = self._start((orders, frames, alarms, lifeline), out, err)
        except BaseException:
            _close(*ours)
            raise
        finally:
            _close(*theirs)
        self._ours = tuple(ours)
        _HERE.add(self)
        for number in (self.orders, self.frames, self.alarms, self.out, self.err):
            os.set_blocking(number, False)

    @property
    def alive(self) -> bool:
        """Whether it was not ended; it may have ended by itself."""
        return bool(self._ours) and self._owner == os.getpid()

    @property
    def running(self) -> bool:
        """Whether it is alive, and has not ended by itself."""
        return self.alive and self._process.poll() is None

    def alarm(self, record: bytes) -> None:
        """Interrupt the code. Raises OSError."""
        os.write(self.alarms, record)

    @property
    def process_id(self) -> int:
        """Number of the first process, of which all others come."""
        return self._process.pid

    def kill(self) -> None:
        """Have it end, from any thread, without waiting; the pipes stay open."""
        if self._process.returncode is not None:
            return
        around = self._process.pid
        with suppress(OSError):
            if self._lifeline < 0:
                os.killpg(around, signal.SIGKILL)
                return
            # The process around the worker has to live: it ends the others, wherever they have gone.
            for child in Path(f"/proc/{around}/task/{around}/children").read_text(encoding="ascii").split():
                with suppress(OSError):
                    os.kill(int(child), signal.SIGKILL)

    def how_it_ended(self) -> str:
        """Say how a process ended that has ended by itself."""
        try:
            code = self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            return "it closed its connection"
        number = -code if code < 0 else code - 128
        with suppress(ValueError):
            return f"it was ended by {signal.Signals(number).name}"
        return f"it exited with {code}"

    def end(self) -> None:
        """End it, and all that it has started, and close the pipes."""
        ours, self._ours = self._ours, ()
        if not ours:
            return
        if self._owner != os.getpid():  # a copy of the host: the session belongs to the other one
            _close(*ours)
            return
        try:
            self._end(ours)
        finally:
            if self._launch.after is not None:
                self._launch.after()

    def let_go(self) -> None:
        """Close the pipes in a copy of the host: the session belongs to the other one, and ends with that."""
        ours, self._ours = self._ours, ()
        _close(*ours)

    def _start(self, inside: tuple[int, int, int, int], out: int, err: int) -> subprocess.Popen[bytes]:
        passed = [number for number in (*inside, *self._launch.passed) if number >= 0]
        return subprocess.Popen(  # noqa: S603 (the command of a sandbox)
            [*self._launch.command, "-c", loader(), ",".join(map(str, inside))],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            pass_fds=passed,
            env={**self._launch.environment, **self._seed, MARK: self._mark},
            cwd=self._launch.folder,
            start_new_session=True,
        )

    def _end(self, ours: tuple[int, ...]) -> None:
        supervised = self._lifeline >= 0
        if supervised:
            _close(self._lifeline)
            ours = tuple(number for number in ours if number != self._lifeline)
        try:
            if supervised:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(_ENDING)
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            if supervised:
                self._sweep()
            else:
                self._await_silence()
        finally:
            _close(*ours)

    def _sweep(self) -> None:
        """End what the process around the worker did not: the code may have ended that one."""
        if self._process.returncode >= 0 or sys.platform != "linux":
            return
        mark = f"{MARK}={self._mark}".encode()
        end = time.monotonic() + _ENDING
        while (found := [process for process in _processes() if mark in _environment(process)]) and (
            time.monotonic() < end
        ):
            for process in found:
                with suppress(OSError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.001)

    def _await_silence(self) -> None:
        """Wait until nobody holds the pipes any more: a namespace ends a moment after its first process."""
        open_ones = select.poll()
        left = {self.frames, self.out, self.err}
        for number in left:
            open_ones.register(number, select.POLLIN)
        end = time.monotonic() + _EMPTYING
        while left and (seconds := end - time.monotonic()) > 0:
            for number, _ in open_ones.poll(seconds * 1000):
                with suppress(BlockingIOError):
                    if not os.read(number, 1 << 16):
                        open_ones.unregister(number)
                        left.discard(number)


def _let_go_of_all() -> None:
    for one in tuple(_HERE):
        one.let_go()
    _HERE.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_of_all)


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _environment(process: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{process}/environ").read_bytes()
    return b""


def _close(*numbers: int) -> None:
    for number in numbers:
        with suppress(OSError):
            os.close(number)
