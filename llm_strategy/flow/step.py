"""One step of a flow, the same for every driver."""

from __future__ import annotations

from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from llm_strategy.flow.layers import answered
from llm_strategy.flow.requests import Emit, Parallel, Request, Result, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.flow.layers import Path
    from llm_strategy.flow.requests import Flow

__all__ = ["Cancelled", "Done", "Position"]

T = TypeVar("T")


class Cancelled(BaseException):
    """The work is told to end: the flow is closed before its next step. No flow can mistake it for a failure."""


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The end of a flow, with its value."""

    value: T


@dataclass(slots=True)
class Position(Generic[T]):
    """A flow under way: where it is, and which streams it holds open.

    A driver calls `advance` with the answer to the last request, carries out what comes back, and calls it again.
    Each request passes the layers in force first: `within` says whether this flow is such a passage, whose own requests
    go straight to the model.

    A stream belongs to the flow that got it. A flow that returns one hands it over to the flow that asked: this is how
    a layer passes on the stream that it opened.
    """

    flow: Flow[T]
    path: Path = ()
    within: bool = False
    step: int = -1
    streams: list[Stream] = field(default_factory=list[Stream])

    def advance(
        self, answer: object = None, error: Exception | None = None
    ) -> Request | Emit | Parallel[Any] | Done[T]:
        """Send the answer, or throw the error, and return what the flow wants next. Raises what the flow raises."""
        if isinstance(answer, Stream | tuple):
            self.streams.extend(_streams_in(cast("Stream | tuple[object, ...]", answer)))
        try:
            wanted = self.flow.throw(error) if error is not None else self.flow.send(answer)
        except StopIteration as done:
            self.streams = [stream for stream in self.streams if stream is not done.value]
            return Done(done.value)
        self.step += 1
        return wanted

    def passage(self, request: Request) -> Position[Any] | None:
        """Return the way of `request` through the layers in force, or None where there are none."""
        if self.within:
            return None
        here = (*self.path, self.step)
        flow = answered(request, here)
        return None if flow is None else Position(flow, here, within=True)

    def branch(self, index: int, flow: Flow[Any]) -> Position[Any]:
        """Return the start of flow number `index` of a `Parallel` at this step."""
        return Position(flow, (*self.path, self.step, index), self.within)

    def close(self) -> None:
        """Close the flow, then its streams, each of them even where another one fails to close."""
        with ExitStack() as ending:
            for stream in self.streams:
                ending.callback(stream.close)
            ending.callback(self.flow.close)  # called first: a stack unwinds from its top

    async def aclose(self) -> None:
        """Close the flow, then its streams, each of them even where another one fails to close."""
        async with AsyncExitStack() as ending:
            for stream in self.streams:
                ending.push_async_callback(stream.aclose)
            ending.callback(self.flow.close)


def _streams_in(answer: Stream | tuple[object, ...]) -> Iterator[Stream]:
    """The streams that an answer hands over, be it one, or the values of several flows."""
    for one in answer if isinstance(answer, tuple) else (answer,):
        value = cast("Result[object]", one).value if isinstance(one, Result) else one
        if isinstance(value, Stream):
            yield value
