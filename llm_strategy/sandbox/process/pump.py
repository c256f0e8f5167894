"""Waiting for a frame, while output is read with a cap and orders are sent: no pipe is ever left to fill up."""

from __future__ import annotations

import os
import selectors
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from llm_strategy.sandbox.process.frames import FrameReader, frame_of
from llm_strategy.sandbox.process.kept_output import KeptOutput

if TYPE_CHECKING:
    from llm_strategy.sandbox.process.guest_process import GuestProcess

__all__ = ["Pump"]

_PIECE = 1 << 16
_LEFT_OVER = 1 << 20
"""How much output is read after an action has ended, at most: processes that it left may print on."""


class Pump:
    """Moves bytes between a session's process and the host."""

    def __init__(self, process: GuestProcess, nonce: str) -> None:
        self.out = KeptOutput(1)
        """stdout of the action."""
        self.err = KeptOutput(1)
        """stderr of the action."""
        self._process = process
        self._reader = FrameReader(nonce)
        self._sending = bytearray()
        self._lock = threading.Lock()
        self._woken, self._wakes = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wakes, False)
        self._selector = selectors.DefaultSelector()
        for number in (process.frames, process.out, process.err, self._woken):
            self._selector.register(number, selectors.EVENT_READ)

    def begin(self, most_output: int) -> None:
        """Keep the output of the next action by itself: three quarters of it from stdout."""
        self.out, self.err = KeptOutput(most_output * 3 // 4), KeptOutput(most_output // 4)

    def send(self, message: dict[str, Any]) -> None:
        """Have an order sent while the next frame is waited for, or now, as far as the pipe takes it."""
        if not self._sending:
            self._selector.register(self._process.orders, selectors.EVENT_WRITE)
        self._sending += frame_of(message)
        self._push()

    def wake(self) -> None:
        """Have `wait` return, from any thread."""
        with self._lock, suppress(OSError):
            if self._wakes >= 0:  # else the number may be another file by now
                os.write(self._wakes, b"!")

    def wait(self, until: float) -> dict[str, Any] | Literal["late", "woken", "gone"]:
        """Return the next frame, or why there is none: the moment is there, somebody called `wake`, the end.

        Raises:
            Violation: what came is no frame of the worker.
        """
        while True:
            frame = self._reader.next()
            if frame is not None:
                return frame
            seconds = until - time.monotonic()
            if seconds <= 0:
                return "late"
            ready = [key.fd for key, _ in self._selector.select(seconds)]
            if self._process.orders in ready:
                self._push()
            for number, kept in ((self._process.out, self.out), (self._process.err, self.err)):
                if number in ready and self._read(number, kept) == 0:
                    self._selector.unregister(number)
            if self._process.frames in ready and not self._take():
                return "gone"
            if self._woken in ready:
                os.read(self._woken, 4096)
                return "woken"

    def drain(self) -> None:
        """Read the output that is there."""
        for number, kept in ((self._process.out, self.out), (self._process.err, self.err)):
            left = _LEFT_OVER
            while left > 0 and (count := self._read(number, kept)):
                left -= count

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            if self._wakes >= 0:
                self._selector.close()
                os.close(self._woken)
                os.close(self._wakes)
                self._wakes = -1

    def _read(self, number: int, kept: KeptOutput) -> int | None:
        try:
            data = os.read(number, _PIECE)
        except BlockingIOError:
            return None
        kept.add(data)
        return len(data)

    def _take(self) -> bool:
        try:
            data = os.read(self._process.frames, _PIECE)
        except BlockingIOError:
            return True
        self._reader.feed(data)
        return bool(data)

    def _push(self) -> None:
        try:
            sent = os.write(self._process.orders, self._sending)
        except BlockingIOError:
            return
        except BrokenPipeError:
            sent = len(self._sending)  # the end of the frames tells more
        del self._sending[:sent]
        if not self._sending:
            self._selector.unregister(self._process.orders)
