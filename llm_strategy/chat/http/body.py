"""The body of a response, watched while it comes: its size, packed and unpacked, and its time.

Covered: `gzip` and `deflate`, which are all that is asked for, unpacked in small pieces, so that a small body that
unpacks to gigabytes ends at the limit. Not covered: other encodings; a server that sends one unasked is an error.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.chat.http.guard import guarding

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from llm_strategy.chat.http.guard import Guard

__all__ = ["ENCODINGS", "WatchedAsyncBody", "WatchedBody", "watched_body"]

ENCODINGS = "gzip, deflate"
"""What servers are told that we unpack."""

_PIECE = 64 * 1024


class _Unpacker:
    """Unpacks a body piece by piece, and counts what comes of it."""

    def __init__(self, encoding: str, guard: Guard) -> None:
        self._guard = guard
        self._encoding = encoding
        self._inflate: Any = None
        self._begun = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield what the next bytes unpack to. Raises Cancelled, DamagedReplyError, TimedOutError."""
        self._guard.check()
        self._guard.received(len(data))
        if not self._encoding:
            yield data
            return
        if not self._begun:
            self._begin(data)
        while data and self._inflate is not None:
            yield from self._inflated(data)
            data = self._inflate.unused_data
            self._inflate = zlib.decompressobj(47) if data[:2] == b"\x1f\x8b" else self._ended()

    def end(self) -> None:
        """Take note of the end. Raises DamagedReplyError: something is missing."""
        if self._inflate is not None and not self._inflate.eof:
            raise self._guard.damaged("it ends in the middle of packed data")

    def _begin(self, data: bytes) -> None:
        if self._encoding not in {"gzip", "x-gzip", "deflate"}:
            raise self._guard.damaged(f"it is packed as {self._encoding[:40]!r}, which was not asked for")
        bare = self._encoding == "deflate" and data[0] & 0x0F != 8  # some servers leave the header of zlib out
        self._inflate = zlib.decompressobj(-15 if bare else 47)
        self._begun = True

    def _ended(self) -> Any:
        """Keep what is not at its end; what stands behind the end is of no meaning."""
        return None if self._inflate.eof else self._inflate

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        while data:
            try:
                piece: bytes = self._inflate.decompress(data, _PIECE)
            except zlib.error as error:
                raise self._guard.damaged(f"it cannot be unpacked ({error})") from error
            if piece:
                self._guard.check()
                self._guard.unpacked(len(piece))
                yield piece
            data = self._inflate.unconsumed_tail


class WatchedBody:
    """A body in a sync client."""

    def __init__(self, stream: Any, unpacker: _Unpacker, guard: Guard) -> None:
        self._stream = stream
        self._unpacker = unpacker
        self._guard = guard

    def __iter__(self) -> Iterator[bytes]:
        parts = iter(self._stream)
        while True:
            with guarding(self._guard):  # a reader may stand in another context than the request
                data = next(parts, None)
            if data is None:
                break
            if data:
                yield from self._unpacker.pieces(data)
        self._unpacker.end()

    def close(self) -> None:
        """Give the connection back, or up."""
        self._stream.close()


class WatchedAsyncBody:
    """A body in an async client."""

    def __init__(self, stream: Any, unpacker: _Unpacker, guard: Guard) -> None:
        del guard  # the time of a task is limited by its event loop
        self._stream = stream
        self._unpacker = unpacker

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._stream:
            if data:
                for piece in self._unpacker.pieces(data):
                    yield piece
        self._unpacker.end()

    async def aclose(self) -> None:
        """Give the connection back, or up."""
        await self._stream.aclose()


def watched_body(response: Any, guard: Guard, kind: type[WatchedBody | WatchedAsyncBody]) -> Any:
    """Let a guard watch the body of a response of `httpx` or `httpx2`, which was not read yet; return the response."""
    if response.is_closed:  # a response that was made in memory
        return response
    encoding = ", ".join(response.headers.get_list("content-encoding", split_commas=True)).strip().lower()
    if encoding == "identity":
        encoding = ""
    if encoding:  # the client must not unpack again what we have unpacked
        del response.headers["content-encoding"]
        response.headers.pop("content-length", None)
    like: Any = response.stream.__class__
    fitting = _fitting(cast("Any", kind), like)
    response.stream = fitting(response.stream, _Unpacker(encoding, guard), guard)
    return response


@lru_cache
def _fitting(kind: Any, like: Any) -> type[Any]:
    """Return the kind of body as the client's own library takes it: it looks at the class."""
    wanted = "SyncByteStream" if kind is WatchedBody else "AsyncByteStream"
    parents = [parent for parent in like.__mro__ if parent.__name__ == wanted]
    return type(kind.__name__, (kind, *parents), {})
