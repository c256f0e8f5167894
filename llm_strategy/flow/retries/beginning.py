"""Waiting for the first words of a streamed reply, so that one that fails before them can be asked for again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from llm_strategy.flow.requests import Stream
    from llm_strategy.flow.retries.tries import Tries
    from llm_strategy.messages import Chunk

__all__ = ["Begin"]

_MOST_EMPTY = 10_000
"""How many pieces without words are kept, before they are handed on: models that think in silence send such."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Wait until a stream has said something, or is over; answered with None.

    What came is put back: whoever reads the stream gets every piece of it.
    """

    stream: Stream
    """The stream, as `OpenStream` gave it."""
    tries: Tries
    """Who wants to know how it ends."""

    def perform(self) -> None:
        """Block the thread until then."""
        rest = self.stream.chunks
        if rest is None:
            return
        head: list[Chunk] = []
        for chunk in rest:
            head.append(chunk)
            if _says_something(chunk) or len(head) >= _MOST_EMPTY:
                break
        self.stream.chunks = _Begun(head, rest, self.tries)

    async def aperform(self) -> None:
        """Let the event loop do other work until then."""
        rest = self.stream.achunks
        if rest is None:
            return
        head: list[Chunk] = []
        async for chunk in rest:
            head.append(chunk)
            if _says_something(chunk) or len(head) >= _MOST_EMPTY:
                break
        self.stream.achunks = _AsyncBegun(head, rest, self.tries)


def _says_something(chunk: Chunk) -> bool:
    return bool(chunk.text or chunk.refusal or chunk.finish_reason)


class _Ending:
    """Tells once how a stream ended: a reply that nobody wants to the end shows that the model is there, too."""

    def __init__(self, tries: Tries) -> None:
        self._tries: Tries | None = tries

    def well(self) -> None:
        tries, self._tries = self._tries, None
        if tries is not None:
            tries.answered()

    def badly(self, error: BaseException) -> None:
        tries, self._tries = self._tries, None
        if tries is not None:
            tries.broke(error)


class _Begun:
    """The pieces that came, then those that follow, in a sync driver."""

    def __init__(self, head: Iterable[Chunk], rest: Iterator[Chunk], tries: Tries) -> None:
        self._head = deque(head)
        self._rest = rest
        self._ending = _Ending(tries)

    def __iter__(self) -> _Begun:
        return self

    def __next__(self) -> Chunk:
        if self._head:
            return self._head.popleft()
        try:
            return next(self._rest)
        except StopIteration:
            self._ending.well()
            raise
        except BaseException as error:
            self._ending.badly(error)
            raise

    def close(self) -> None:
        """End the reply."""
        self._ending.well()
        close = getattr(self._rest, "close", None)
        if close is not None:
            close()


class _AsyncBegun:
    """The pieces that came, then those that follow, in an async driver."""

    def __init__(self, head: Iterable[Chunk], rest: AsyncIterator[Chunk], tries: Tries) -> None:
        self._head = deque(head)
        self._rest = rest
        self._ending = _Ending(tries)

    def __aiter__(self) -> _AsyncBegun:
        return self

    async def __anext__(self) -> Chunk:
        if self._head:
            return self._head.popleft()
        try:
            return await anext(self._rest)
        except StopAsyncIteration:
            self._ending.well()
            raise
        except BaseException as error:
            self._ending.badly(error)
            raise

    async def aclose(self) -> None:
        """End the reply."""
        self._ending.well()
        close = getattr(self._rest, "aclose", None)
        if close is not None:
            await close()
