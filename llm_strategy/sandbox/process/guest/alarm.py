"""Interrupts from the host: a byte in a pipe becomes a signal, and the signal an exception in the code.

The kernel sends the signal itself, as soon as the pipe can be read (`O_ASYNC`). So the host needs to know no process
id, which is another one in a namespace; no thread has to wait here; and code may use alarms and Ctrl-C for itself.
"""

from __future__ import annotations

import fcntl
import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Alarm", "Interrupted", "TimeLimit"]


class TimeLimit(KeyboardInterrupt):
    """The time for the action is over."""


class Interrupted(KeyboardInterrupt):
    """Somebody outside has ended the action."""


for _kind in (TimeLimit, Interrupted):
    _kind.__module__ = "builtins"  # tracebacks name others with their modules

_RECORD = 9
_RAISED: dict[int, type[KeyboardInterrupt]] = {ord("T"): TimeLimit, ord("I"): Interrupted}


class Alarm:
    """Raises what the host wants, in the main thread, where the code of an action runs and nowhere else."""

    def __init__(self, source: int) -> None:
        self.action = 0
        """Number of the action: interrupts of others are of no account."""
        self._source = source
        self._inside = False
        self._held = False
        self._read = os.read
        self._pending: tuple[int, int] | None = None

    def arm(self) -> None:
        """Have the signal sent to this process."""
        os.set_blocking(self._source, False)
        signal.signal(signal.SIGIO, self.ring)
        fcntl.fcntl(self._source, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(self._source, fcntl.F_SETFL, fcntl.fcntl(self._source, fcntl.F_GETFL) | os.O_ASYNC)

    def enter(self) -> None:
        """Begin with the code of an action. Raises what came before."""
        self._inside = True
        self._tell()

    def leave(self) -> None:
        """The code of an action is over: nothing is raised from now on."""
        self._inside = False
        self._pending = None

    def hold(self) -> None:
        """Raise nothing for a moment: bytes are on their way."""
        self._held = True

    def release(self) -> None:
        """Raise again. Raises what came in the moment."""
        self._held = False
        self._tell()

    def end(self) -> None:
        """Have the main thread look whether it is to end, from any thread."""
        signal.raise_signal(signal.SIGIO)

    def ring(self, number: int, frame: FrameType | None) -> None:
        """Take what the host has sent; called by the interpreter, in the main thread."""
        del number, frame
        try:
            records = self._read(self._source, 64 * _RECORD)
        except OSError:
            records = b""
        for start in range(0, len(records) - _RECORD + 1, _RECORD):
            action = int.from_bytes(records[start : start + 8], "big")
            if action >= self.action:
                self._pending = action, records[start + 8]
        self._tell()

    def _tell(self) -> None:
        if not self._inside or self._held or self._pending is None:
            return
        action, kind = self._pending
        self._pending = None
        if action == self.action:
            raised = _RAISED.get(kind, Interrupted)
            raise raised(raised.__doc__)
