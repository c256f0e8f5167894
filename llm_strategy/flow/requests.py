"""What a flow may ask of its driver.

A request is a frozen value that knows how it is carried out, once for each driver. `Parallel` and `Emit` are the two
that only the driver itself can answer.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from llm_strategy.errors import ConfigurationError, TimedOutError
from llm_strategy.flow.model import OutputFormat, Sampling, keeps_time
from llm_strategy.gate import GUARDS, check_gate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from typing import Self

    from llm_strategy.flow.model import ChatModel
    from llm_strategy.messages import Chunk, Message, Reply

__all__ = [
    "ChatRequest",
    "CloseStream",
    "Emit",
    "Flow",
    "NextChunk",
    "OpenStream",
    "Parallel",
    "Request",
    "Result",
    "Stream",
]

T = TypeVar("T")


class Request(Protocol):
    """Something that a flow yields and a driver carries out."""

    def perform(self) -> Any:
        """Carry the request out and return the answer."""
        ...

    async def aperform(self) -> Any:
        """Carry the request out without blocking the event loop."""
        ...


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Ask a chat model for one reply; answered with a `Reply`."""

    model: ChatModel
    """Who is asked."""
    messages: tuple[Message, ...]
    """The whole conversation, oldest first."""
    output: OutputFormat = field(default_factory=OutputFormat)
    """Channel and schema of the reply."""
    sampling: Sampling = field(default_factory=Sampling)
    """How the reply is drawn."""
    sample: int = 0
    """Which draw it is, where a flow wants several different replies to the same words: caches keep them apart."""
    cached: bool | None = None
    """Whether a cache may answer; None leaves that to the cache in force."""
    asker: str = ""
    """The function that asks, as statistics name it."""
    timeout: float | None = None
    """Seconds until the whole reply must be there, streamed or not; None leaves that to the model."""
    retry: int = 0
    """How often this very request was sent before: 0 for the first time."""
    began: float | None = None
    """When the question was first asked, by `time.monotonic`; a deadline over all its attempts counts from there."""
    deadline: float | None = None
    """When the whole reply must be there, by `time.monotonic`, however long the request waits before it is sent."""

    def perform(self) -> Reply:
        """Return the model's reply. Raises TimedOutError: it did not come in time."""
        if GUARDS:
            check_gate(self.model)
        if self.timeout is None and self.deadline is None:
            return self.model.reply(self)
        from llm_strategy.flow.timed import in_time  # most calls have no limit

        request, seconds = self.limited()
        if keeps_time(self.model):
            return self.model.reply(request)
        return in_time(lambda: self.model.reply(request), seconds, request.late)

    async def aperform(self) -> Reply:
        """Return the model's reply. Raises TimedOutError: it did not come in time."""
        if GUARDS:
            check_gate(self.model)
        if self.timeout is None and self.deadline is None:
            return await self.model.areply(self)
        from llm_strategy.flow.timed import ain_time

        request, seconds = self.limited()
        return await ain_time(self.model.areply(request), seconds, request.late)

    def limited(self) -> tuple[ChatRequest, float]:
        """Return the request with the time that is left as its `timeout`, and that time.

        Raises:
            TimedOutError: no time is left.
        """
        seconds = math.inf if self.timeout is None else self.timeout
        if self.deadline is not None:
            seconds = min(seconds, self.deadline - time.monotonic())
        if seconds <= 0:
            raise TimedOutError(
                f"Model {self.model.name!r} was not asked: the time for the call was over before the request was sent."
            )
        return (self if self.timeout == seconds else replace(self, timeout=seconds)), seconds

    def late(self) -> TimedOutError:
        """Return the error for a reply that did not come in time."""
        return TimedOutError(
            f"Model {self.model.name!r} gave no whole reply within {self.timeout or 0.0:.3g} s.", retryable=True
        )


class Stream:
    """A streamed reply that is under way; the driver closes it when the flow ends."""

    __slots__ = ("achunks", "chunks")

    def __init__(self, chunks: Iterator[Chunk] | None = None, achunks: AsyncIterator[Chunk] | None = None) -> None:
        self.chunks = chunks
        """The pieces, in a sync driver."""
        self.achunks = achunks
        """The pieces, in an async driver."""

    @classmethod
    def of(cls, chunks: Iterable[Chunk]) -> Self:
        """Return a stream of pieces that are there already; both drivers can read it."""
        pieces = tuple(chunks)
        return cls(iter(pieces), _one_by_one(pieces))

    def close(self) -> None:
        """End the reply: the connection is given back, a local model stops."""
        _ending(self.chunks, "close")

    async def aclose(self) -> None:
        """End the reply: the connection is given back, a local model stops."""
        waiting = _ending(self.achunks, "aclose")
        if waiting is not None:
            await waiting


async def _one_by_one(pieces: tuple[Chunk, ...]) -> AsyncIterator[Chunk]:
    for piece in pieces:
        yield piece


def _ending(chunks: object, how: str) -> Any:
    end: Callable[[], Any] | None = getattr(chunks, how, None)
    return end() if end is not None else None


@dataclass(frozen=True, slots=True)
class OpenStream:
    """Ask a chat model for a streamed reply; answered with a `Stream`."""

    request: ChatRequest
    """What is asked."""

    def perform(self) -> Stream:
        """Open the stream; it ends in time. Raises TimedOutError: no time is left."""
        if GUARDS:
            check_gate(self.request.model)
        if self.request.timeout is None and self.request.deadline is None:
            return Stream(chunks=self.request.model.stream(self.request))
        from llm_strategy.flow.timed import TimedChunks

        request, seconds = self.request.limited()
        chunks = request.model.stream(request)
        if keeps_time(request.model):
            return Stream(chunks=chunks)
        return Stream(chunks=TimedChunks(chunks, time.monotonic() + seconds, request.late))

    async def aperform(self) -> Stream:
        """Open the stream; it ends in time. Raises TimedOutError: no time is left."""
        if GUARDS:
            check_gate(self.request.model)
        if self.request.timeout is None and self.request.deadline is None:
            return Stream(achunks=self.request.model.astream(self.request))
        from llm_strategy.flow.timed import TimedAsyncChunks

        request, seconds = self.request.limited()
        chunks = request.model.astream(request)
        return Stream(achunks=TimedAsyncChunks(chunks, time.monotonic() + seconds, request.late))


@dataclass(frozen=True, slots=True)
class NextChunk:
    """Wait for the next piece of a stream; answered with a `Chunk`, or None at the end."""

    stream: Stream
    """The stream, as `OpenStream` gave it."""

    def perform(self) -> Chunk | None:
        """Return the next piece."""
        return None if self.stream.chunks is None else next(self.stream.chunks, None)

    async def aperform(self) -> Chunk | None:
        """Return the next piece."""
        return None if self.stream.achunks is None else await anext(self.stream.achunks, None)


@dataclass(frozen=True, slots=True)
class CloseStream:
    """End a stream that is of no more use, before the flow goes on; answered with None.

    A driver closes all streams of a flow at its end. A flow that asks again needs the model before that: an embedded
    one answers one request at a time.
    """

    stream: Stream
    """The stream, as `OpenStream` gave it."""

    def perform(self) -> None:
        """End the reply."""
        self.stream.close()

    async def aperform(self) -> None:
        """End the reply."""
        await self.stream.aclose()


@dataclass(frozen=True, slots=True)
class Emit:
    """Hand a value to whoever iterates over the flow; answered with None once it was taken.

    Where nobody iterates, in `run`, in a layer and in the flows of a `Parallel`, the value is dropped.
    """

    value: Any
    """What the caller's iterator gives."""


@dataclass(frozen=True, slots=True)
class Parallel(Generic[T]):
    """Run flows side by side; answered with a tuple of their values, in the order given.

    With `keep_errors`, every flow runs to its end and the answer is a tuple of `Result`. Without it, the first error
    stops the other flows at once and is raised in the flow that asked. Threads cannot be cancelled: they are told to
    end by a `Stop`, and those caught in a call that does not look at it are left to themselves.

    With `as_completed`, the `Result` of each flow is emitted as soon as it is there, and the answer is None. Where the
    values are not taken, no more flows begin.

    Raises:
        ConfigurationError: `limit` is below 1.
    """

    flows: Iterable[Flow[T]]
    """What to run; taken one at a time, as places become free."""
    keep_errors: bool = False
    """Whether errors are part of the answer."""
    limit: int = 16
    """How many flows are under way at once, at most."""
    as_completed: bool = False
    """Whether results are emitted instead of being part of the answer, errors among them."""

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise ConfigurationError(f"Parallel(limit={self.limit!r}) would never start a flow. Use 1 or more.")


Flow: TypeAlias = Generator[Request | Emit | Parallel[Any], Any, T]
"""Logic that yields what it needs and returns its value. It does no input or output of its own."""


@dataclass(frozen=True, slots=True)
class Result(Generic[T]):
    """The outcome of one flow of several: a value or an error.

    >>> Result(value=3).unwrap()
    3
    """

    value: T | None = None
    """The value, where there is one."""
    error: Exception | None = None
    """Why there is none."""
    index: int = field(default=0, compare=False)
    """Its place among the flows, or the inputs, from 0 on; of no account when results are compared."""

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return self.error is None

    def unwrap(self) -> T:
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # None only where T allows it
