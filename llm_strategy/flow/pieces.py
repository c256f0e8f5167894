"""A reply and its pieces: taken apart, and put together again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from llm_strategy.messages import Chunk, Message, Reply, ToolCall, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PiecesSoFar", "parts_of", "pieces_of"]

_PIECE = 16
"""Characters of a piece when a known reply is streamed."""


def parts_of(reply: Reply) -> Iterator[Chunk]:
    """Yield a whole reply as its content and its calls, one piece each; what comes with the end is on the last one.

    >>> [part.text for part in parts_of(Reply(Message("assistant", "Look.", (ToolCall("find", "{}"),))))]
    ['Look.', '{}']
    """
    said = reply.message
    parts = [Chunk(said.content)] if said.content or not said.tool_calls else []
    parts += [Chunk(one.arguments, tool=one.name, call=n, call_id=one.id) for n, one in enumerate(said.tool_calls, 1)]
    yield from parts[:-1]
    yield replace(
        parts[-1], finish_reason=reply.finish_reason, refusal=reply.refusal, usage=reply.usage, model=reply.model
    )


def pieces_of(reply: Reply) -> Iterator[Chunk]:
    """Yield the text of a known reply in short pieces, and last one that says how it ended.

    >>> [piece.text for piece in pieces_of(Reply(Message.assistant("A text of 21 letters.")))]
    ['A text of 21 let', 'ters.', '']
    """
    for part in parts_of(reply):
        head = Chunk(tool=part.tool, call=part.call, call_id=part.call_id)
        if part.call and not part.text:
            yield head
        for start in range(0, len(part.text), _PIECE):
            text = part.text[start : start + _PIECE]
            yield replace(head, text=text) if not start else Chunk(text, call=part.call)
    yield Chunk(finish_reason=reply.finish_reason, refusal=reply.refusal, usage=reply.usage, model=reply.model)


@dataclass(slots=True)
class _Call:
    name: str
    id: str
    arguments: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class PiecesSoFar:
    """What has come of a streamed reply.

    >>> so_far = PiecesSoFar()
    >>> for piece in (Chunk("Hel"), Chunk("lo."), Chunk(finish_reason="stop")):
    ...     so_far.add(piece)
    >>> so_far.reply().message.content
    'Hello.'
    """

    texts: list[str] = field(default_factory=list[str])
    """The content."""
    finish_reason: str | None = None
    """Why the model stopped, where it has said so."""
    refusal: str = ""
    """Its words where it declines."""
    usage: Usage = field(default_factory=Usage)
    """What it cost, so far as is known."""
    model: str = ""
    """Who answers."""
    cached: bool = False
    """Whether it comes out of a cache."""
    _calls: dict[int, _Call] = field(default_factory=dict[int, _Call])
    _unnumbered: int = 0
    """The call that text without a number belongs to."""

    def add(self, chunk: Chunk) -> None:
        """Take the next piece."""
        if chunk.tool or chunk.call or self._unnumbered:
            self._add_to_call(chunk)
        elif chunk.text:
            self.texts.append(chunk.text)
        self.finish_reason = chunk.finish_reason or self.finish_reason
        self.refusal += chunk.refusal or ""
        if chunk.usage is not None:
            self.usage += chunk.usage
        self.model = chunk.model or self.model
        self.cached = self.cached or chunk.cached

    def _add_to_call(self, chunk: Chunk) -> None:
        number = chunk.call
        if not number:  # a model of the user's that names tools, and does not number their calls
            if chunk.tool:
                self._unnumbered = max(self._calls, default=0) + 1
            number = self._unnumbered
        call = self._calls.setdefault(number, _Call(chunk.tool, chunk.call_id))
        call.name, call.id = call.name or chunk.tool, call.id or chunk.call_id
        if chunk.text:
            call.arguments.append(chunk.text)

    @property
    def message(self) -> Message:
        """The turn of the model, as far as it has come."""
        calls = (ToolCall(one.name, "".join(one.arguments), one.id) for _, one in sorted(self._calls.items()))
        return Message("assistant", "".join(self.texts), tuple(calls))

    def reply(self) -> Reply:
        """Return what has come as a reply."""
        return Reply(self.message, self.finish_reason, self.refusal or None, self.usage, self.model, cached=self.cached)
