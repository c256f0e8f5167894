"""Output of code, as much of it as is kept."""

from __future__ import annotations

from collections import deque

__all__ = ["KeptOutput"]


class KeptOutput:
    r"""Takes all bytes, and keeps the first and the last ones: what is in the middle is dropped and counted.

    >>> kept = KeptOutput(8)
    >>> kept.add(b"0123456789abcdef")
    >>> kept.text(), kept.dropped
    ('0123\n[... 8 bytes are left out here ...]\ncdef', 8)
    """

    def __init__(self, most: int) -> None:
        self.dropped = 0
        """How many bytes were dropped."""
        self._half = max(1, most // 2)
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0

    def add(self, data: bytes) -> None:
        """Take bytes."""
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if not data:
            return
        self._tail.append(data[-self._half :])
        self.dropped += max(0, len(data) - self._half)
        self._tail_size += len(self._tail[-1])
        while self._tail_size > self._half:
            excess = self._tail_size - self._half
            first = self._tail.popleft()
            gone = min(excess, len(first))
            if gone < len(first):
                self._tail.appendleft(first[gone:])
            self.dropped += gone
            self._tail_size -= gone

    def text(self) -> str:
        """Return what was kept, with a line where something is missing."""
        head, tail = bytes(self._head), b"".join(self._tail)
        if not self.dropped:
            return (head + tail).decode("utf-8", "replace")
        gap = f"\n[... {self.dropped} bytes are left out here ...]\n"
        return head.decode("utf-8", "ignore") + gap + tail.decode("utf-8", "ignore")
