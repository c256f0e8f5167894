"""Streams in a journal: written down when the reply is whole, or when the program wants no more of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.errors import StoredDataError
from llm_strategy.flow.codec import chunk_data, chunk_from
from llm_strategy.flow.followed import follow
from llm_strategy.flow.journal.failures import error_data
from llm_strategy.flow.pieces import PiecesSoFar
from llm_strategy.schema.json_data import is_list

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.flow.journal.store import JournalStore
    from llm_strategy.flow.requests import Stream
    from llm_strategy.messages import Chunk, Reply

__all__ = ["chunks_from", "joined", "record_stream"]


def record_stream(stream: Stream, store: JournalStore, ticket: int) -> None:
    """Have a stream written down under its ticket, as far as it is read."""
    follow(stream, _Record(store, ticket))


def chunks_from(data: object, where: str) -> tuple[Chunk, ...]:
    """Return the pieces of a stream that was written down. Raises StoredDataError: the data is none of them."""
    if not is_list(data):
        raise StoredDataError(f"{where}: what is stored there are no pieces of a stream.")
    return tuple(chunk_from(piece, where) for piece in data)


def joined(chunks: Iterable[Chunk]) -> Reply:
    """Return the reply that came in pieces."""
    so_far = PiecesSoFar()
    for chunk in chunks:
        so_far.add(chunk)
    return so_far.reply()


class _Record:
    """What has come of a stream; it is written down once, however the stream ends."""

    def __init__(self, store: JournalStore, ticket: int) -> None:
        self._store = store
        self._ticket = ticket
        self._pieces: list[Chunk] = []

    def asked(self) -> None:
        """Nothing is known yet."""

    def saw(self, chunk: Chunk) -> None:
        """Keep a piece."""
        self._pieces.append(chunk)

    def over(self, error: BaseException | None) -> None:
        """Write the reply down: whole, or as much as the program wanted."""
        closed = isinstance(error, GeneratorExit)
        if error is None or (closed and self._pieces):
            data = [chunk_data(piece) for piece in self._pieces]
            self._store.answered(self._ticket, data, partial=closed)
        else:
            self._store.failed(self._ticket, error_data(error))
