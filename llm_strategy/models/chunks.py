"""Between whole replies and their pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.flow.pieces import PiecesSoFar, pieces_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llm_strategy.messages import Chunk, Reply

__all__ = ["chunks_of", "joined"]


def chunks_of(reply: Reply) -> Iterator[Chunk]:
    """Yield a whole reply in pieces; what is said with its end comes with the last one."""
    return pieces_of(reply)


def joined(pieces: Sequence[Chunk]) -> Reply:
    """Return the whole reply that came in pieces."""
    so_far = PiecesSoFar()
    for piece in pieces:
        so_far.add(piece)
    return so_far.reply()
