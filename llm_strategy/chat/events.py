r"""Server-sent events, read from pieces of bytes as they come.

Covered: events over several pieces and lines, `\n`, `\r\n` and `\r` at the ends of lines, comments, fields that nobody
needs, what is divided between pieces. Not covered: reconnecting, since no reply of a model can be taken up again.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EventReader"]

_UTF8 = getincrementaldecoder("utf-8")


class EventReader:
    r"""Gives the data of events as soon as they are whole.

    >>> events = EventReader()
    >>> list(events.feed(b'data: {"a"')), list(events.feed(b": 1}\n\n"))
    ([], ['{"a": 1}'])
    """

    def __init__(self) -> None:
        self._decoder = _UTF8("replace")
        self._held = ""
        self._line: list[str] = []
        self._data: list[str] = []
        self._name = ""
        self.failed = False
        """Whether the last event was named an error."""

    def feed(self, piece: bytes) -> Iterator[str]:
        """Yield the data of the events that a piece makes whole."""
        text = self._held + self._decoder.decode(piece)
        self._held = "\r" if text.endswith("\r") else ""  # the next piece may begin with its "\n"
        text = text.removesuffix("\r")
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for end in lines[:-1]:
            self._line.append(end)
            line = "".join(self._line)
            self._line = []
            if line:
                self._take(line)
            elif self._data:
                yield self._event()
        if lines[-1]:
            self._line.append(lines[-1])

    def rest(self) -> Iterator[str]:
        """Yield the data of an event that lacks its empty line, where the stream ended."""
        line = "".join(self._line)
        self._line = []
        if line:
            self._take(line)
        if self._data:
            yield self._event()

    def _take(self, line: str) -> None:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._name = value

    def _event(self) -> str:
        data, self._data = "\n".join(self._data), []
        self.failed, self._name = self._name == "error", ""
        return data
