"""Following a streamed reply to its end, in either driver, however it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from llm_strategy.flow.requests import Stream
    from llm_strategy.messages import Chunk

__all__ = ["Follower", "follow"]


class Follower(Protocol):
    """Is told what becomes of a stream."""

    def asked(self) -> None:
        """The next piece is wanted."""
        ...

    def saw(self, chunk: Chunk) -> None:
        """A piece has come."""
        ...

    def over(self, error: BaseException | None) -> None:
        """The stream has ended, or failed, or was closed early (`GeneratorExit`). Told once; what it raises counts."""
        ...


def follow(stream: Stream, follower: Follower) -> None:
    """Have `follower` told of a stream, from now on."""
    end = _End(follower)
    if stream.chunks is not None:
        stream.chunks = _Chunks(stream.chunks, follower, end)
    if stream.achunks is not None:
        stream.achunks = _AsyncChunks(stream.achunks, follower, end)


class _End:
    """Tells of the end once."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._told = False

    def tell(self, error: BaseException | None) -> None:
        if not self._told:
            self._told = True
            self._follower.over(error)


class _Chunks:
    def __init__(self, chunks: Iterator[Chunk], follower: Follower, end: _End) -> None:
        self._chunks = chunks
        self._follower = follower
        self._end = end

    def __iter__(self) -> _Chunks:
        return self

    def __next__(self) -> Chunk:
        self._follower.asked()
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self._end.tell(None)
            raise
        except BaseException as error:
            self._end.tell(error)
            raise
        self._follower.saw(chunk)
        return chunk

    def close(self) -> None:
        try:
            close = getattr(self._chunks, "close", None)
            if close is not None:
                close()
        finally:
            self._end.tell(GeneratorExit())


class _AsyncChunks:
    def __init__(self, chunks: AsyncIterator[Chunk], follower: Follower, end: _End) -> None:
        self._chunks = chunks
        self._follower = follower
        self._end = end

    def __aiter__(self) -> _AsyncChunks:
        return self

    async def __anext__(self) -> Chunk:
        self._follower.asked()
        try:
            chunk = await anext(self._chunks)
        except StopAsyncIteration:
            self._end.tell(None)
            raise
        except BaseException as error:
            self._end.tell(error)
            raise
        self._follower.saw(chunk)
        return chunk

    async def aclose(self) -> None:
        try:
            close = getattr(self._chunks, "aclose", None)
            if close is not None:
                await close()
        finally:
            self._end.tell(GeneratorExit())
