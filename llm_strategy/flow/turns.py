"""Waiting for what another flow gives, in whatever thread or event loop that one runs."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import current_stop

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["Turn", "WaitFor"]


class Turn:
    """A sign that is given once, from any thread, to one who waits.

    >>> turn = Turn()
    >>> turn.give(), turn.given
    (True, True)
    """

    __slots__ = ("_call", "_is_closed", "given")

    def __init__(self) -> None:
        self.given = False
        """Whether it was given."""
        self._call: Callable[[], object] | None = None
        self._is_closed: Callable[[], bool] | None = None

    @property
    def gone(self) -> bool:
        """Whether whoever waits, or waited, is gone: the event loop was closed."""
        return self._is_closed is not None and self._is_closed()

    def give(self) -> bool:
        """Give the sign; return False where whoever waits for it is gone."""
        self.given = True
        self._tell()
        return not self.gone

    def on_given(self, call: Callable[[], object], is_closed: Callable[[], bool] | None = None) -> None:
        """Have `call` called when the sign is given, or at once; twice is possible, where both happen together."""
        self._is_closed = is_closed
        self._call = call  # no lock: either we see below that it is given, or the giver sees the call
        if self.given:
            self._tell()

    def _tell(self) -> None:
        call, self._call = self._call, None  # it would keep alive who waited
        if call is not None:
            with suppress(RuntimeError):  # the event loop is closed
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
        self.turn.on_given(lambda: loop.call_soon_threadsafe(_tell, told), loop.is_closed)
        await asyncio.wait((told,), timeout=self.seconds)
        return self.turn.given


def _tell(told: asyncio.Future[None]) -> None:
    if not told.done():
        told.set_result(None)
