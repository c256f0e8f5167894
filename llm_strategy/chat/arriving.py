"""The body of a streamed reply as it arrives: events, or all at once, whatever the server says that it sends.

Servers and proxies name the wrong type, or none, so the first bytes decide: JSON and pages begin with a bracket, and
events with a word or a colon. Behind `[DONE]` nothing is read: some servers leave the connection open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.chat.calls import CallsSoFar
from llm_strategy.chat.completions import (
    ErrorInBodyError,
    UnreadableError,
    chunks_from_wire,
    json_from_wire,
    reply_from_wire,
)
from llm_strategy.chat.events import EventReader
from llm_strategy.flow.pieces import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.messages import Chunk

__all__ = ["Arriving"]

_KEPT = 2_000
_BEFORE = b"\xef\xbb\xbf \t\r\n"
"""What may stand before the first sign of a body."""


class Arriving:
    r"""Reads a body into pieces of a reply, and notices when the end is missing.

    >>> body = Arriving()
    >>> [chunk.text for chunk in body.of(b'data: {"choices": [{"delta": {"content": "ye"}}]}\n\n')], body.done
    (['ye'], False)
    >>> list(body.of(b"data: [DONE]\n\n")), body.done
    ([], True)
    """

    def __init__(self) -> None:
        self._events = EventReader()
        self._calls = CallsSoFar()
        self._begun = False
        self._whole: list[bytes] | None = None
        self._over = False
        self._text = ""
        self._seen = b""
        self.done = False
        """Whether the server has said that nothing follows."""

    def of(self, piece: bytes) -> Iterator[Chunk]:
        """Yield what a piece of bytes makes whole. Raises ErrorInBodyError, UnreadableError."""
        if not self._begun:
            self._seen = (self._seen + piece)[:_KEPT]
            piece = piece.lstrip(_BEFORE)
            if not piece:
                return
            self._begun, self._whole = True, [] if piece[:1] in b"{[<" else None
        if self._whole is not None:
            self._whole.append(piece)
            return
        for data in self._events.feed(piece):
            yield from self._read(data)
            if self.done:
                return

    def last(self) -> Iterator[Chunk]:
        """Yield what is left at the end. Raises ErrorInBodyError; UnreadableError: the end is missing."""
        if self._whole is not None:
            yield from parts_of(reply_from_wire(json_from_wire(b"".join(self._whole))))
            return
        if not self.done:
            for data in self._events.rest():
                yield from self._read(data)
        if not self._over:
            what = "broke off before its end" if self._text else "holds no event"
            raise UnreadableError(f"the stream {what}", self._text or self._seen.decode(errors="replace"))

    def _read(self, data: str) -> Iterator[Chunk]:
        if data.strip() == "[DONE]":
            self._over = self.done = True
            return
        body = json_from_wire(data)
        if self._events.failed:
            raise ErrorInBodyError(body)
        self._text = self._text if len(self._text) > _KEPT else self._text + data
        for chunk in chunks_from_wire(body, self._calls):
            self._over = self._over or chunk.finish_reason is not None
            yield chunk
