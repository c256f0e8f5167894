"""Frames between the code and the host: a length in four bytes, and as many bytes of JSON.

Whoever runs in this process may write here: the host believes nothing, and ends the session at the first frame that it
did not expect.
"""

from __future__ import annotations

import json
import os
import select
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_strategy.sandbox.process.guest.alarm import Alarm

__all__ = ["Channel", "Closed"]

_PIECE = 1 << 16


class Closed(BaseException):
    """The host has gone."""


class Channel:
    """The two pipes of the worker."""

    def __init__(self, source: int, sink: int, nonce: str, alarm: Alarm) -> None:
        self.lock = threading.RLock()
        """Held by whoever asks the host and waits for the answer."""
        self._source = source
        self._sink = sink
        self._nonce = nonce
        self._alarm = alarm
        self._received = bytearray()
        self._poll = select.poll()
        self._poll.register(source, select.POLLIN)
        # All of these are kept here: code may change them where everybody finds them.
        self._read, self._write = os.read, os.write
        self._encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
        self._decode = json.JSONDecoder().decode

    @property
    def descriptors(self) -> tuple[int, int]:
        """The two ends."""
        return self._source, self._sink

    def encoded(self, data: object) -> str:
        """Return data as JSON text."""
        return self._encode(data)

    def send(self, message: dict[str, Any]) -> None:
        """Send a frame; interrupts wait until it is whole."""
        body = self._encode({"nonce": self._nonce, **message}).encode()
        rest = memoryview(len(body).to_bytes(4, "big") + body)
        self._alarm.hold()
        try:
            while rest:
                rest = rest[self._write(self._sink, rest) :]
        finally:
            self._alarm.release()

    def receive(self) -> dict[str, Any]:
        """Wait for a frame. Raises Closed, and what interrupts raise: nothing is lost by that."""
        while True:
            frame = self._whole()
            if frame is not None:
                return frame
            self._poll.poll()
            self._alarm.hold()
            try:
                piece = self._read(self._source, _PIECE)
                self._received += piece
            finally:
                self._alarm.release()
            if not piece:
                raise Closed

    def _whole(self) -> dict[str, Any] | None:
        if len(self._received) < 4:
            return None
        end = 4 + int.from_bytes(self._received[:4], "big")
        if len(self._received) < end:
            return None
        self._alarm.hold()
        try:
            body = self._received[4:end].decode()
            del self._received[:end]
        finally:
            self._alarm.release()
        frame: dict[str, Any] = self._decode(body)
        return frame
