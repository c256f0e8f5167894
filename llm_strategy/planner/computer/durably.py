"""A flow that is run as a durable run of its own, as a request of the flow around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from llm_strategy.flow import arun, run
from llm_strategy.flow.journal import RunTotals, durable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llm_strategy.flow import Flow

__all__ = ["Durably", "Lasting"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lasting(Generic[T]):
    """What came of a durable run."""

    value: T
    """What its flow returned."""
    totals: RunTotals
    """What it has cost, with the runs that were broken off."""


@dataclass(frozen=True, slots=True)
class Durably(Generic[T]):
    """Run a flow so that nothing in it is paid for twice; answered with a `Lasting`.

    The journal is that of one step. So the cost of going on after a crash does not grow with the number of steps, and
    the program may be changed between them.
    """

    journal: Path
    """The file that keeps its answers."""
    flow: Callable[[], Flow[T]]
    """Makes the flow; called anew for each run."""

    def perform(self) -> Lasting[T]:
        """Run it. Raises JournalError, and whatever leaves the flow."""
        with durable(self.journal) as scope:
            value = run(self.flow())
        return Lasting(value, scope.totals)

    async def aperform(self) -> Lasting[T]:
        """Run it without blocking the event loop."""
        with durable(self.journal) as scope:
            value = await arun(self.flow())
        return Lasting(value, scope.totals)
