"""A worker that is a process of CPython, whatever walls are around it (see `Launch`).

Covered: what the code prints, sends and leaves behind, and how long it runs. Time and output are counted here, outside.
Not covered: what the process may read, write and reach; that is what walls are for.
"""

from __future__ import annotations

import secrets
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError, InputError, SandboxLostError, UnsupportedError
from llm_strategy.sandbox.process.action_clock import ActionClock
from llm_strategy.sandbox.process.disk_use import over_limit
from llm_strategy.sandbox.process.done_frame import CallFrame, DoneFrame, checked
from llm_strategy.sandbox.process.file_orders import ask_for_file
from llm_strategy.sandbox.process.frames import Violation
from llm_strategy.sandbox.process.started import start_process
from llm_strategy.sandbox.results import CodeError, CodeResult, Usage
from llm_strategy.sandbox.steps import Ended, HostCall, Raised, Returned
from llm_strategy.sandbox.workspace_path import workspace_path

if TYPE_CHECKING:
    from llm_strategy.sandbox.process.launch import Launch
    from llm_strategy.sandbox.protocol import Setup
    from llm_strategy.sandbox.steps import Outcome, Step

__all__ = ["ProcessWorker"]

_LOOK = 0.25
"""Seconds between two looks at the size of a workspace."""
_PIECE = 1 << 20
_READING, _SLOWEST = 20.0, 8
"""Seconds for a file at least, and MiB a second that are expected of a large one."""


class ProcessWorker:
    """An interpreter in a process of its own.

    Args:
        launch: how it is started.
        setup: limits, functions and files of the session.

    Raises:
        SandboxUnavailableError: it does not start, or its walls could not be put up.
        InputError: a file of the setup is outside of the workspace.
    """

    def __init__(self, launch: Launch, setup: Setup) -> None:
        try:
            for path in setup.files:
                workspace_path(path)
        except InputError:
            if launch.after is not None:
                launch.after()
            raise
        self._launch = launch
        self._limits = setup.limits
        self._functions = frozenset(one.name for one in setup.functions)
        self._process, self._pump, self.told = start_process(launch, setup, secrets.token_hex(16))
        """`told` is what the prelude returned."""
        self._finalizer = weakref.finalize(self, self._process.end)
        self._lock = threading.Lock()
        self._clock = ActionClock(self._limits.seconds)
        self._action = 0  # counts all orders
        self._number = 0
        self._call = 0
        self._suspended = False
        self._interrupted = False
        self._closing = False
        self._verdict: tuple[str, str] | None = None
        try:
            for path, data in setup.files.items():
                self.write_file(path, data)
        except BaseException:
            self._end()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can run code."""
        return self._process.running

    @property
    def process_id(self) -> int:
        """Number of the first process of the session, of which all others come."""
        return self._process.process_id

    def condemn(self, kind: str, message: str) -> None:
        """End the session from any thread, because it takes too much: the action under way, or the next, tells why."""
        self._verdict = kind, message
        self._process.kill()

    def run(self, code: str) -> Step:
        """Run code until it asks for a tool or is over."""
        with self._held():
            if not self.alive:
                return self._was_lost()
            self._action += 1
            self._number += 1
            self._call, self._interrupted = 0, False
            self._clock.begin()
            self._pump.begin(self._limits.output_kib << 10)
            self._pump.send({"kind": "run", "action": self._action, "number": self._number, "code": code})
            return self._step()

    def resume(self, outcome: Outcome) -> Step:
        """Answer the tool that was asked for, and go on. Raises ConfigurationError: none was."""
        with self._held():
            if not self._process.alive:
                return self._was_lost()
            if not self._suspended:
                raise ConfigurationError("The code has asked for no tool: there is nothing to answer. Use run(code).")
            self._suspended = False
            self._clock.go_on()
            if self._interrupted or isinstance(outcome, Ended):
                self._clock.end_soon()
            self._answer(Ended() if self._interrupted else outcome)
            return self._step()

    def interrupt(self) -> None:
        """End the action under way, from any thread; without one, nothing happens."""
        self._interrupted = True
        self._pump.wake()

    def read_file(self, path: str) -> bytes:
        """Return a file of the workspace. Raises FileNotFoundError, SandboxLostError, InputError."""
        workspace_path(path)
        data = bytearray()
        until = time.monotonic() + _READING + self._limits.disk_mib / _SLOWEST
        while True:
            part = self._ask_file({"kind": "read", "path": path, "start": len(data), "count": _PIECE}, until)
            data += part
            if len(part) < _PIECE:  # the end: whoever answers in crumbs is not asked again
                return bytes(data)
            if len(data) > self._limits.disk_mib << 20:
                raise InputError(f"{path!r} is larger than the workspace may be ({self._limits.disk_mib} MiB).")

    def write_file(self, path: str, data: bytes) -> None:
        """Put a file into the workspace. Raises SandboxLostError, InputError."""
        workspace_path(path)
        if len(data) > self._limits.disk_mib << 20:
            raise InputError(f"{path!r} is larger than the workspace may be ({self._limits.disk_mib} MiB).")
        for start in range(0, max(1, len(data)), _PIECE):
            self._ask_file({"kind": "write", "path": path, "start": start, "data": data[start : start + _PIECE]})

    def snapshot(self) -> bytes:
        """Raises UnsupportedError: processes cannot be copied."""
        raise UnsupportedError(
            f"The sandbox {self._launch.name!r} has no snapshots: its code runs in a process. Run the actions again, "
            "or use 'monty'."
        )

    def close(self) -> None:
        """End the session: nothing of it is left running. May be called twice, from any thread."""
        self._closing = True
        self._pump.wake()
        with self._lock:
            self._end()

    def _was_lost(self) -> CodeResult:
        kind, message = self._verdict or ("Lost", "The sandbox was lost or closed before: the code was not run.")
        self._end()
        return CodeResult(error=CodeError(kind, message), state_lost=True)

    def _held(self) -> Any:
        """Hold the worker for one order."""
        if not self._lock.acquire(blocking=False):
            raise ConfigurationError("Code is running in this sandbox already. Wait for it, or use another session.")
        return _Released(self._lock)

    def _end(self) -> None:
        self._finalizer.detach()
        self._process.end()
        self._pump.close()

    def _step(self) -> Step:
        try:
            while True:
                step = self._next()
                if step is not None:
                    return step
        except Violation as problem:
            return self._lose("Lost", f"The sandbox sent {problem}: it was ended.")
        except BaseException:  # Ctrl-C here: the code is not left running
            self._interrupted = True
            self._end()
            raise

    def _next(self) -> Step | None:
        """Wait once; return what the code came to, or None where it is still at work."""
        until = self._clock.until
        if self._launch.watched is not None:
            until = min(until, time.monotonic() + _LOOK)
        found = self._pump.wait(until)
        if isinstance(found, dict):
            return self._take(checked(found))
        if found == "gone" and self._verdict is not None:
            return self._lose(*self._verdict)
        if found == "gone":
            return self._lose("Lost", f"The sandbox is gone: {self._process.how_it_ended()}.")
        if self._closing:
            return self._lose("Lost", "The sandbox was closed in the middle of the action.")
        if self._interrupted and self._clock.alarmed is None:
            self._alarm("I")
        return self._look() if time.monotonic() >= until else None

    def _look(self) -> CodeResult | None:
        full = self._full()
        if full:
            return self._lose("DiskLimit", full)
        if not self._clock.late:
            return None
        if self._clock.alarmed is None:
            self._alarm("I" if self._clock.ending else "T")
            return None
        if self._clock.alarmed == "T":
            return self._lose(
                "TimeLimit",
                f"The action did not end within {self._limits.seconds:g} s, nor when it was interrupted: the sandbox "
                "was ended.",
            )
        return self._lose("Interrupted", "The action did not end when it was interrupted: the sandbox was ended.")

    def _alarm(self, kind: str) -> None:
        self._clock.alarm(kind)
        with suppress(OSError):  # a pipe that is full, or that nobody reads: the end comes in a moment
            self._process.alarm(self._action.to_bytes(8, "big") + kind.encode())

    def _take(self, frame: CallFrame | DoneFrame) -> Step | None:
        if frame.action != self._action:
            raise Violation("a frame of another action")
        if isinstance(frame, DoneFrame):
            return self._done(frame)
        self._call += 1
        if frame.call != self._call or frame.tool not in self._functions:
            raise Violation("a call that nobody could make")
        if self._clock.alarmed is not None:
            self._answer(Raised("The time for the action is over."))
            return None
        self._clock.stand_still()
        self._suspended = True
        return HostCall(frame.tool, frame.arguments)

    def _answer(self, outcome: Outcome) -> None:
        told: dict[str, Any] = {"kind": "ended"}
        if isinstance(outcome, Returned):
            told = {"kind": "returned", "value": outcome.value}
        elif isinstance(outcome, Raised):
            told = {"kind": "raised", "message": outcome.message}
        self._pump.send({"action": self._action, "call": self._call, **told})

    def _done(self, frame: DoneFrame) -> CodeResult:
        self._clock.stand_still()
        full = self._full()
        if full:
            return self._lose("DiskLimit", full)
        self._pump.drain()
        error = None if self._clock.ending and not self._interrupted else frame.code_error
        if error is not None and error.kind in {"TimeLimit", "Interrupted"} and self._clock.alarmed is None:
            error = replace(error, kind=f"__main__.{error.kind}")  # nobody has stopped it
        if self._interrupted and frame.ended:
            error = CodeError("Interrupted", "Somebody outside has ended the action.")
        return CodeResult(
            stdout=self._pump.out.text(),
            stderr=self._pump.err.text(),
            value=frame.value,
            shown=frame.shown,
            error=error,
            files=frame.changes,
            usage=Usage(self._clock.seconds, frame.cpu, frame.memory),
            dropped=self._pump.out.dropped + self._pump.err.dropped,
        )

    def _lose(self, kind: str, message: str) -> CodeResult:
        ended = self._clock.ending and not self._interrupted
        self._clock.stand_still()
        self._pump.drain()
        self._end()
        return CodeResult(
            stdout=self._pump.out.text(),
            stderr=self._pump.err.text(),
            error=None if ended else CodeError(kind, message),
            usage=Usage(self._clock.seconds),
            dropped=self._pump.out.dropped + self._pump.err.dropped,
            state_lost=True,
        )

    def _full(self) -> str:
        watched = self._launch.watched
        return "" if watched is None else over_limit(watched, self._limits)

    def _ask_file(self, order: dict[str, Any], until: float | None = None) -> bytes:
        with self._held():
            if not self._process.alive:
                raise SandboxLostError("The sandbox is gone, and its files with it.")
            if not self._suspended:
                self._action += 1
            try:
                return ask_for_file(self._pump, order, self._action, until or time.monotonic() + _READING)
            except Violation:
                self._end()
                raise SandboxLostError("The sandbox does not give its files: it was ended.") from None
            except (InputError, FileNotFoundError):
                raise
            except BaseException:
                self._end()
                raise


class _Released:
    """Gives a lock back."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        self._lock.release()
