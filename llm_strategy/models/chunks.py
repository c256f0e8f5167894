"""Between whole replies and their pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.messages import Chunk, Message, Reply, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["chunks_of", "joined"]

_PIECE = 16
"""Characters of a piece when a recorded reply is streamed."""


def chunks_of(reply: Reply) -> Iterator[Chunk]:
    """Yield a whole reply in pieces; what is said with its end comes with the last one.

    >>> [chunk.text for chunk in chunks_of(Reply(Message.assistant("A text of 21 letters.")))]
    ['A text of 21 let', 'ters.', '']
    """
    calls = reply.message.tool_calls
    text = calls[0].arguments if calls else reply.message.content
    for start in range(0, len(text), _PIECE):
        yield Chunk(text[start : start + _PIECE])
    yield Chunk(finish_reason=reply.finish_reason, refusal=reply.refusal, usage=reply.usage, model=reply.model)


def joined(pieces: Sequence[Chunk]) -> Reply:
    """Return the whole reply that came in pieces."""
    text = "".join(piece.text for piece in pieces)
    refusal = "".join(piece.refusal or "" for piece in pieces)
    reasons = [piece.finish_reason for piece in pieces if piece.finish_reason]
    names = [piece.model for piece in pieces if piece.model]
    usage = sum((piece.usage for piece in pieces if piece.usage), Usage())
    return Reply(
        Message.assistant(text),
        reasons[-1] if reasons else None,
        refusal or None,
        usage,
        model=names[-1] if names else "",
    )
