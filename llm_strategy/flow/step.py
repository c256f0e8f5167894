"""One step of a flow, the same for every driver."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from llm_strategy.flow.layers import answered
from llm_strategy.flow.requests import Emit, Parallel, Request, Stream

if TYPE_CHECKING:
    from llm_strategy.flow.layers import Path
    from llm_strategy.flow.requests import Flow

__all__ = ["Cancelled", "Done", "Position"]

T = TypeVar("T")


class Cancelled(Exception):  # noqa: N818 (an outcome of the driver, never seen by users)
    """A sibling failed: the flow is closed before its next step."""


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
    """

    flow: Flow[T]
    path: Path = ()
    within: bool = False
    step: int = -1
    streams: list[Stream] = field(default_factory=list[Stream])

    def advance(
        self, answer: object = None, error: Exception | None = None
    ) -> Request | Emit | Parallel[Any] | Done[T]:
        """Send the answer, or throw the error, and return what the flow wants next."""
        if isinstance(answer, Stream):
            self.streams.append(answer)
        try:
            wanted = self.flow.throw(error) if error is not None else self.flow.send(answer)
        except StopIteration as done:
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
