"""Which replies are worth keeping, and the forms in which they are given again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from llm_strategy.messages import Chunk, Message, Reply, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SoFar", "again", "is_kept", "pieces_of"]

_WHOLE = frozenset(
    {"stop", "tool_calls", "function_call", "end_turn", "stop_sequence", "tool_use", "completed", "complete", "eos"}
    | {"eos_token", "end", "done", "finish", "finished", "stop_token"}
)
"""What providers call the end of a whole reply, in small letters."""
_PIECE = 16
"""Characters of a piece when a known reply is streamed."""


def is_kept(reply: Reply) -> bool:
    """Return whether a reply is one that the same request may be answered with again.

    Not refusals, replies that were cut off or filtered, and empty ones: another time the model may do better. Nor what
    came out of another cache: that one has it.

    >>> is_kept(Reply(Message.assistant("Paris"), "stop")), is_kept(Reply(Message.assistant("Par"), "length"))
    (True, False)
    """
    said = reply.message.content.strip() or reply.message.tool_calls
    ended = not reply.finish_reason or reply.finish_reason.lower() in _WHOLE
    return bool(said) and ended and not reply.refusal and not reply.cached


def again(reply: Reply) -> Reply:
    """Return a known reply as it is given another time: nobody was asked, and it cost nothing."""
    return replace(reply, cached=True, usage=Usage())


def pieces_of(reply: Reply) -> Iterator[Chunk]:
    """Yield a known reply piece by piece."""
    calls = reply.message.tool_calls
    text = calls[0].arguments if calls else reply.message.content
    for start in range(0, len(text), _PIECE):
        yield Chunk(text[start : start + _PIECE], model=reply.model, cached=True)
    yield Chunk(finish_reason=reply.finish_reason, model=reply.model, cached=True)


@dataclass(slots=True)
class SoFar:
    """What has come of a streamed reply."""

    texts: list[str] = field(default_factory=list[str])
    finish_reason: str | None = None
    refusal: str = ""
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    cached: bool = False

    def add(self, chunk: Chunk) -> None:
        """Take the next piece."""
        self.texts.append(chunk.text)
        self.finish_reason = chunk.finish_reason or self.finish_reason
        self.refusal += chunk.refusal or ""
        self.usage += chunk.usage or Usage()
        self.model = chunk.model or self.model
        self.cached = self.cached or chunk.cached

    def reply(self) -> Reply | None:
        """Return the whole; None where nobody said that it is whole, since it may have broken off."""
        if not self.finish_reason:
            return None
        message = Message.assistant("".join(self.texts))
        return Reply(message, self.finish_reason, self.refusal or None, self.usage, self.model, cached=self.cached)
