"""Flights: requests that are under way in this process, so that the same request waits for one answer.

The locks may be taken twice by one thread: the garbage collector closes abandoned flows, which end their flights, at
any moment and in any thread.
"""

from __future__ import annotations

from secrets import token_hex
from threading import RLock, get_ident
from typing import TYPE_CHECKING, Literal, TypeAlias

from llm_strategy.flow.homes import LOOK, Home

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.messages import Reply

__all__ = ["Flight", "Flights", "Outcome"]

Outcome: TypeAlias = "Reply | Literal['alone'] | None"
"""How a flight ended: with a reply for all; with one that is for nobody else, so that each asks by itself; or in
vain, so that the next one tries."""


class Flight:
    """One request that is under way, and who waits for it. Safe to use from any thread."""

    def __init__(self, key: str = "", token: str = "") -> None:
        self.key = key
        """The fingerprint of the request."""
        self.token = token
        """What marks its lease."""
        self.thread = get_ident()
        """The thread that carries it out; one that waits there would wait for itself."""
        self.outcome: Outcome = None
        """How it ended."""
        self._home = Home.here()
        self._lock = RLock()
        self._over = False
        self._calls: dict[int, Callable[[], object]] = {}

    @property
    def lost(self) -> bool:
        """Whether nobody carries it out: its event loop was closed, or was left with the flow half done."""
        return self._home.rests

    @property
    def patience(self) -> float | None:
        """Seconds after which who waits should look whether it is lost; None where it cannot be meanwhile."""
        return LOOK if self._home.elsewhere else None

    def on_end(self, call: Callable[[], object]) -> Callable[[], None]:
        """Have `call` called at the end, at once where that is over; return what takes that back."""
        with self._lock:
            if not self._over:
                number = len(self._calls)
                while number in self._calls:
                    number += 1
                self._calls[number] = call
                return lambda: self._forget(number)
        call()
        return lambda: None

    def end(self, outcome: Outcome) -> None:
        """Tell all that wait."""
        with self._lock:
            self.outcome, self._over = outcome, True
            calls, self._calls = list(self._calls.values()), {}
        for call in calls:
            call()

    def _forget(self, number: int) -> None:
        with self._lock:
            self._calls.pop(number, None)


class Flights:
    """The flights of this process, by the fingerprint of their request.

    >>> flights = Flights()
    >>> first, leads = flights.join("a")
    >>> flights.join("a") == (first, False)
    True
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._flights: dict[str, Flight] = {}

    def join(self, key: str) -> tuple[Flight, bool]:
        """Return the flight of a key, and whether it begins here: then it must be ended here, too."""
        with self._lock:
            known = self._flights.get(key)
            if known is not None:
                return known, False
            flight = self._flights[key] = Flight(key, token_hex(8))
            return flight, True

    def end(self, flight: Flight, outcome: Outcome) -> None:
        """End a flight; another one of its key, which took the place of a lost one, goes on."""
        with self._lock:
            if self._flights.get(flight.key) is flight:
                del self._flights[flight.key]
        flight.end(outcome)
