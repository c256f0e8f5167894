"""What a cache asks its driver for: work with its file, and waiting for others. Neither ever blocks an event loop."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import current_stop

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from llm_strategy.flow.cache.background import Background
    from llm_strategy.flow.cache.flights import Flight, Outcome

__all__ = ["WaitFor", "Work"]

T = TypeVar("T")


class Work(Generic[T]):
    """Work with the file of a cache, which does not raise; answered with what `call` returns.

    Once begun it is done to its end, also where whoever asked is cancelled meanwhile.
    """

    __slots__ = ("_background", "_begun", "_call")

    def __init__(self, call: Callable[[], T], background: Background) -> None:
        self._call = call
        self._background = background
        self._begun = False

    def perform(self) -> T:
        """Do it here."""
        self._begun = True
        return self._call()

    async def aperform(self) -> T:
        """Do it in a thread."""
        import asyncio

        self._begun = True
        return await asyncio.shield(asyncio.wrap_future(self._background.submit(self._call)))

    def ensure(self) -> None:
        """Have it done by and by, if the flow that asked for it was closed before it began."""
        if not self._begun:
            self._begun = True
            self._background.submit(self._call)


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Wait until a flight has ended, or `seconds` are over; answered with how it ended."""

    flight: Flight
    """What is under way."""
    seconds: float | None = None
    """How long to wait at most; None for as long as it takes."""

    def perform(self) -> Outcome:
        """Block the thread, unless the flight can only go on in this very thread."""
        if self.flight.thread == threading.get_ident():
            return self.flight.outcome or "alone"
        over, stop = threading.Event(), current_stop()
        leave = self.flight.on_end(over.set)
        stay = None if stop is None else stop.on_set(over.set)
        try:
            over.wait(self.seconds)
        finally:
            leave()
            if stay is not None:
                stay()
        if stop is not None and stop.is_set():
            raise Cancelled
        return self.flight.outcome

    async def aperform(self) -> Outcome:
        """Let the event loop do other work."""
        import asyncio

        loop = asyncio.get_running_loop()
        over = loop.create_future()
        leave = self.flight.on_end(lambda: _told(loop, over))
        try:
            await asyncio.wait([over], timeout=self.seconds)
        finally:
            leave()
        return self.flight.outcome


def _told(loop: asyncio.AbstractEventLoop, over: asyncio.Future[None]) -> None:
    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(lambda: None if over.done() else over.set_result(None))
