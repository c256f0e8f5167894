"""Waiting for what another flow gives, in whatever thread or event loop that one runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import current_stop

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["Turn", "WaitFor"]


class Turn:
    """A sign that is given once, from any thread.

    >>> turn = Turn()
    >>> turn.give(), turn.given
    (True, True)
    """

    __slots__ = ("_call", "given")

    def __init__(self) -> None:
        self.given = False
        """Whether it was given."""
        self._call: Callable[[], object] | None = None

    def give(self) -> bool:
        """Give the sign; return False where who waited for it is gone: its event loop was closed."""
        self.given = True
        call = self._call
        if call is None:
            return True
        try:
            call()
        except RuntimeError:
            return False
        return True

    def on_given(self, call: Callable[[], object]) -> None:
        """Have `call` called when the sign is given, or at once; twice is possible, where both happen together."""
        self._call = call  # no lock: either we see here that it is given, or the giver sees the call
        if self.given:
            call()


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Wait for a sign; answered with whether it was given. In threads it ends early where the work is told to end."""

    turn: Turn
    """The sign."""
    seconds: float | None = None
    """How long to wait; None waits as long as it takes."""

    def perform(self) -> bool:
        """Block the thread."""
        event, stop = threading.Event(), current_stop()
        leave = None if stop is None else stop.on_set(event.set)
        self.turn.on_given(event.set)
        try:
            event.wait(self.seconds)
        finally:
            if leave is not None:
                leave()
        if stop is not None and stop.is_set():
            raise Cancelled
        return self.turn.given

    async def aperform(self) -> bool:
        """Let the event loop do other work."""
        import asyncio

        loop = asyncio.get_running_loop()
        told: asyncio.Future[None] = loop.create_future()
        self.turn.on_given(lambda: loop.call_soon_threadsafe(_tell, told))
        await asyncio.wait((told,), timeout=self.seconds)
        return self.turn.given


def _tell(told: asyncio.Future[None]) -> None:
    if not told.done():
        told.set_result(None)
