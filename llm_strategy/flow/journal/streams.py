"""Streams in a journal: written down when the reply is whole, or when the program wants no more of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llm_strategy.errors import StoredDataError
from llm_strategy.flow.codec import chunk_data, chunk_from
from llm_strategy.flow.journal.failures import error_data
from llm_strategy.messages import Message, Reply, Usage
from llm_strategy.schema.json_data import is_list

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from llm_strategy.flow.journal.store import JournalStore, Told
    from llm_strategy.flow.requests import Stream
    from llm_strategy.messages import Chunk

__all__ = ["joined", "record_stream", "recorded_chunks"]


def record_stream(stream: Stream, store: JournalStore, ticket: int) -> None:
    """Have a stream written down under its ticket, as far as it is read."""
    record = _Record(store, ticket)
    if stream.chunks is not None:
        stream.chunks = _Chunks(stream.chunks, record)
    if stream.achunks is not None:
        stream.achunks = _AsyncChunks(stream.achunks, record)


def recorded_chunks(told: Told) -> tuple[tuple[Chunk, ...], bool]:
    """Return the pieces of a stream of an earlier run, and whether it was closed behind them.

    Raises:
        StoredDataError: what is stored there are no pieces of a stream.
    """
    pieces: object = told["answer"]
    if not is_list(pieces):
        raise StoredDataError(f"{told['where']}: what is stored there are no pieces of a stream.")
    return tuple(chunk_from(data, told["where"]) for data in pieces), told["partial"]


def joined(chunks: Sequence[Chunk]) -> Reply:
    """Return the reply that came in pieces."""
    reply = Reply(Message.assistant("".join(chunk.text for chunk in chunks)))
    for chunk in chunks:
        reply = replace(
            reply,
            finish_reason=chunk.finish_reason or reply.finish_reason,
            usage=reply.usage + (chunk.usage or Usage()),
            model=chunk.model or reply.model,
            cached=chunk.cached or reply.cached,
        )
    return reply


class _Record:
    """What has come of a stream; it is written down once, however the stream ends."""

    def __init__(self, store: JournalStore, ticket: int) -> None:
        self._store = store
        self._ticket = ticket
        self._pieces: list[Chunk] = []
        self._over = False

    def saw(self, chunk: Chunk) -> None:
        self._pieces.append(chunk)

    def whole(self) -> None:
        self._written(partial=False)

    def closed(self) -> None:
        if self._pieces:
            self._written(partial=True)
        else:
            self._over = True

    def broke(self, error: BaseException) -> None:
        if not self._over:
            self._over = True
            self._store.failed(self._ticket, error_data(error))

    def _written(self, *, partial: bool) -> None:
        if not self._over:
            self._over = True
            self._store.answered(self._ticket, [chunk_data(chunk) for chunk in self._pieces], partial=partial)


class _Chunks:
    """The pieces of a stream in a sync driver."""

    def __init__(self, chunks: Iterator[Chunk], record: _Record) -> None:
        self._chunks = chunks
        self._record = record

    def __iter__(self) -> _Chunks:
        return self

    def __next__(self) -> Chunk:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self._record.whole()
            raise
        except BaseException as error:
            self._record.broke(error)
            raise
        self._record.saw(chunk)
        return chunk

    def close(self) -> None:
        """End the reply."""
        try:
            close = getattr(self._chunks, "close", None)
            if close is not None:
                close()
        finally:
            self._record.closed()


class _AsyncChunks:
    """The pieces of a stream in an async driver."""

    def __init__(self, chunks: AsyncIterator[Chunk], record: _Record) -> None:
        self._chunks = chunks
        self._record = record

    def __aiter__(self) -> _AsyncChunks:
        return self

    async def __anext__(self) -> Chunk:
        try:
            chunk = await anext(self._chunks)
        except StopAsyncIteration:
            self._record.whole()
            raise
        except BaseException as error:
            self._record.broke(error)
            raise
        self._record.saw(chunk)
        return chunk

    async def aclose(self) -> None:
        """End the reply."""
        try:
            close = getattr(self._chunks, "aclose", None)
            if close is not None:
                await close()
        finally:
            self._record.closed()
