"""A gate with places: who comes first gets the next free one, in threads and in the tasks of any event loops."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

from llm_strategy.flow.exclusive import Exclusive
from llm_strategy.flow.homes import Home
from llm_strategy.flow.limits.adaptive import Adaptive
from llm_strategy.flow.turns import Turn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Gate", "Place"]

_IDLE: Final = 0.25
"""Seconds after which a stream counts as idle whose reader does not ask for more."""
_LOOK: Final = 1.0
"""Seconds after which the first in the queue looks whether anybody inside is gone without leaving."""


class Place:
    """The place of one request: in the queue at first, inside later."""

    __slots__ = ("begun", "first", "home", "idle_since", "inside", "most", "over", "stream", "turn")

    def __init__(self, most: int | None, *, stream: bool) -> None:
        self.turn = Turn()
        """What it waits for: given when it may go in, or has become the first in the queue."""
        self.first = False
        """Whether it is, or was, the first in the queue: that one has to look from time to time."""
        self.inside = False
        """Whether it is inside."""
        self.over = False
        """Whether it has left, or is not wanted any more."""
        self.most = most
        """How many may be inside at once, for this request to go in."""
        self.stream = stream
        """Whether it lasts as long as somebody reads it."""
        self.idle_since: float | None = None
        """Since when its reader has not asked for more."""
        self.begun = 0
        """How often the limit had gone back when it went in."""
        self.home = Home.here()
        """The event loop that its flow needs to leave again."""

    @property
    def gone(self) -> bool:
        """Whether it is never left by itself: its event loop was closed."""
        return self.home.closed or self.turn.gone


class Gate:
    """Lets as many requests in as its limit allows.

    A stream keeps its place until it ends. Who reads it may ask for something else meanwhile, and would then wait for
    itself: streams whose readers do nothing do not count where others wait.

    Args:
        limit: how many may be inside.
        clock: tells the time in seconds.
    """

    def __init__(self, limit: Adaptive | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = Adaptive() if limit is None else limit
        """How many may be inside."""
        self._clock = clock
        self._peak = 0
        self._places: set[Place] = set()
        self._streams: set[Place] = set()
        self._queue: deque[Place] = deque()
        self._one = Exclusive()

    def enter(self, most: int | None = None, *, stream: bool = False) -> Place:
        """Go in, or queue up."""
        place = Place(most, stream=stream)
        self._one.run(lambda: self._enter(place))
        return place

    def beside(self) -> Place:
        """Go in without a place: for what is asked by a request that is inside, and that waits for it."""
        place = Place(None, stream=False)
        place.inside, place.begun = True, self.limit.changes
        return place

    def look(self) -> None:
        """Let those in whose time has come: a stream may have become idle, an event loop may have been closed."""
        self._one.run(self._look)

    def leave(self, place: Place, *, succeeded: bool | None = None) -> None:
        """Leave, from inside or from the queue; `succeeded` is None where that tells nothing of the limit."""
        self._one.soon(lambda: self._leave(place, succeeded))

    def patience(self, place: Place) -> float | None:
        """Return after how many seconds who waits should `look`; None for never."""
        if not place.first:
            return None
        return _IDLE if self._streams else _LOOK

    def reads(self, place: Place) -> None:
        """The reader of a stream asks for more."""
        place.idle_since = None

    def rests(self, place: Place) -> None:
        """The reader of a stream has got a piece, and is busy with it."""
        place.idle_since = self._clock()

    @property
    def idle(self) -> bool:
        """Whether nobody is inside or waits."""
        return not self._places and not self._queue

    @property
    def inside(self) -> int:
        """How many are inside."""
        return len(self._places)

    def _enter(self, place: Place) -> None:
        if not self._queue and self._fits(place):
            self._let_in(place)
        else:
            self._queue.append(place)
            self._serve()

    def _let_in(self, place: Place) -> None:
        place.inside = True
        place.begun = self.limit.changes
        self._places.add(place)
        self._peak = max(self._peak, len(self._places))
        if place.stream:
            self._streams.add(place)

    def _fits(self, place: Place) -> bool:
        allowed = self.limit.allowed if place.most is None else min(self.limit.allowed, place.most)
        inside = len(self._places)
        return inside < allowed or (bool(self._streams) and inside - self._idle_streams() < allowed)

    def _idle_streams(self) -> int:
        before = self._clock() - _IDLE
        return sum(1 for place in self._streams if place.idle_since is not None and place.idle_since <= before)

    def _look(self) -> None:
        for place in [one for one in self._places if one.gone]:
            self._go(place)
        self._serve()

    def _serve(self) -> None:
        while self._queue:
            place = self._queue[0]
            if not place.over and not self._fits(place):
                if place.first or self._made_first(place):
                    return
            elif not place.over:
                self._let_in(place)
                if not place.turn.give() or place.gone:
                    self._go(place)
            self._queue.popleft()

    def _made_first(self, place: Place) -> bool:
        """Tell a place that it is the first in the queue; return whether it still waits."""
        turn, place.turn = place.turn, Turn()
        place.first = turn.give()
        return place.first

    def _leave(self, place: Place, succeeded: bool | None) -> None:  # noqa: FBT001 (it has three values)
        if place.over:
            return
        if place.inside:
            if succeeded:
                self.limit.succeeded(len(self._places))
            elif succeeded is not None:
                self._refused(place)
        self._go(place)
        self._serve()

    def _refused(self, place: Place) -> None:
        before = self.limit.changes
        self.limit.refused(place.begun, self._peak)
        if self.limit.changes != before:
            self._peak = len(self._places) - 1

    def _go(self, place: Place) -> None:
        place.over = True
        self._places.discard(place)
        self._streams.discard(place)
