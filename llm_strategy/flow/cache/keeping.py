"""Which replies are worth keeping, and the forms in which they are given again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from llm_strategy.flow.pieces import PiecesSoFar
from llm_strategy.flow.pieces import pieces_of as in_pieces
from llm_strategy.messages import Reply, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.messages import Chunk

__all__ = ["SoFar", "again", "is_kept", "pieces_of"]

_WHOLE = frozenset(
    {"stop", "tool_calls", "function_call", "end_turn", "stop_sequence", "tool_use", "completed", "complete", "eos"}
    | {"eos_token", "end", "done", "finish", "finished", "stop_token"}
)
"""What providers call the end of a whole reply, in small letters."""


def is_kept(reply: Reply) -> bool:
    """Return whether a reply is one that the same request may be answered with again.

    Not refusals, replies that were cut off or filtered, and empty ones: another time the model may do better. Nor what
    came out of another cache: that one has it.

    >>> from llm_strategy.messages import Message
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
    for piece in in_pieces(reply):
        yield replace(piece, usage=None, model=reply.model, cached=True)


@dataclass(slots=True)
class SoFar:
    """What has come of a streamed reply."""

    pieces: PiecesSoFar = field(default_factory=PiecesSoFar)

    def add(self, chunk: Chunk) -> None:
        """Take the next piece."""
        self.pieces.add(chunk)

    def reply(self) -> Reply | None:
        """Return the whole; None where nobody said that it is whole, since it may have broken off."""
        return self.pieces.reply() if self.pieces.finish_reason else None
