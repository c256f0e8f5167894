"""The books of a budget, kept in this process."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import BudgetExceededError
from llm_strategy.flow.budgets.amounts import Amount, Limits
from llm_strategy.flow.budgets.ledger import Grant, State, Wanted
from llm_strategy.flow.budgets.refusal import refusal
from llm_strategy.flow.exclusive import Exclusive
from llm_strategy.flow.homes import LOOK, Home
from llm_strategy.flow.turns import Turn, WaitFor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llm_strategy.flow.requests import Request

__all__ = ["LocalLedger"]

_SHARE: Final = 32
"""A reply whose length nobody limits may take this part of what is left, so that many requests fit side by side."""
_USELESS: Final = 16
"""Tokens of a reply below which no request is sent: what is cut off there is of no use."""


@dataclass(slots=True)
class _Queued:
    """A wish that waits, and what became of it."""

    id: int
    wanted: Wanted
    turn: Turn = field(default_factory=Turn)
    outcome: Grant | BudgetExceededError | None = None

    def undecided(self) -> Grant:
        return Grant(self.id, waiting=True)


class LocalLedger:
    """Reserves, and lets requests wait in order while others under way may give back what they need.

    Whoever waits, waits for requests that were sent or are about to be: those end by themselves, so nobody waits for
    ever. An open stream ends when its reader has had enough, who may be the one that waits here; it is not waited for.
    Nor are requests whose event loop was closed: what they have reserved is as good as spent.

    Args:
        limits: what may be spent.
        clock: tells the time in seconds.
        grows: whether somebody will call `widen`: what does not fit waits for that, and is not refused before.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic, *, grows: bool = False) -> None:
        self._limits = limits
        self._grows = grows
        self._wider: Limits | None = None
        self._clock = clock
        self._began = clock()
        self._spent = Amount()
        self._held = Amount()
        self._number = 0
        self._under_way: dict[int, Amount] = {}
        self._streams: set[int] = set()
        self._queue: deque[_Queued] = deque()
        self._waiting: dict[int, _Queued] = {}
        self._homes: dict[int, Home] = {}
        self._loops: Counter[Home] = Counter()
        self._books = Exclusive()

    def reserve(self, wanted: Wanted) -> Grant:
        """Reserve what a request may cost, or queue up for it. Raises BudgetExceededError."""
        home = Home.here()
        outcome = self._books.run(lambda: self._reserve(wanted, home))
        if isinstance(outcome, BudgetExceededError):
            raise outcome
        return outcome

    def waiting(self, grant: Grant, seconds: float | None = None) -> Request:
        """Return what waits until a queued reservation is decided, or so many seconds are over."""
        ends = [end for end in (seconds, self.left()) if end is not None]
        looks = self._books.run(lambda: any(home.elsewhere for home in self._loops))
        return _Decision(self, self._waiting[grant.id], min(ends, default=None), looks)

    def widen(self, limits: Limits) -> None:
        """Let what does not fit have other limits from then on. What fits never knows whether this was called.

        So what is granted depends on the requests alone, and not on the moment of this call.
        """
        self._books.run(lambda: self._widen(limits))

    def narrow(self, limits: Limits) -> None:
        """Set the limits at once, and for good."""
        self._books.run(lambda: self._narrow(limits))

    def look(self) -> None:
        """Wait no more for requests whose event loop was closed."""
        self._books.run(self._look)

    def opened(self, grant: Grant) -> None:
        """Note that a reservation lasts as long as somebody reads a stream."""
        self._books.soon(lambda: self._opened(grant))

    def settle(self, grant: Grant, cost: Amount) -> None:
        """Replace a reservation, or a wish for one, by what was spent."""
        self._books.soon(lambda: self._settle(grant, cost))

    def charge(self, cost: Amount) -> None:
        """Note what was spent without a reservation."""
        self._books.soon(lambda: self._charge(cost))

    def state(self) -> State:
        """Return the books."""
        return self._books.run(lambda: State(self._limits, self._spent, self._held, self._clock() - self._began))

    def left(self) -> float | None:
        """Return the seconds that are left."""
        return None if self._limits.seconds is None else self._began + self._limits.seconds - self._clock()

    def decided(self, queued: _Queued) -> Grant:
        """Return what became of a wish; when the time is over, it is refused. Raises BudgetExceededError."""
        outcome = self._books.run(lambda: queued.outcome or self._late(queued))
        if isinstance(outcome, BudgetExceededError):
            raise outcome
        return replace(outcome, seconds=self.left())

    def _late(self, queued: _Queued) -> Grant | BudgetExceededError:
        left = self.left()
        return self._refused(queued.wanted, "seconds") if left is not None and left <= 0 else queued.undecided()

    def _reserve(self, wanted: Wanted, home: Home) -> Grant | BudgetExceededError:
        self._number += 1
        offer = None if self._queue else self._offer(self._number, wanted)
        if home.loop is not None and not isinstance(offer, BudgetExceededError):
            self._homes[self._number] = home
            self._loops[home] += 1
        if offer is not None:
            return self._kept(offer)
        queued = _Queued(self._number, wanted)
        self._queue.append(queued)
        self._waiting[queued.id] = queued
        self._serve()  # who is the first in the queue may have nobody to wait for
        outcome = queued.outcome
        if isinstance(outcome, BudgetExceededError):
            self._forget(queued.id)
        return queued.undecided() if outcome is None else outcome

    def _kept(self, offer: Grant | BudgetExceededError) -> Grant | BudgetExceededError:
        if isinstance(offer, Grant):
            self._under_way[offer.id] = offer.held
            self._held += offer.held
        return offer

    def _offer(self, number: int, wanted: Wanted) -> Grant | BudgetExceededError | None:
        """What can be done about a wish; None is to wait."""
        seconds = self.left()
        if seconds is not None and seconds <= 0:
            return self._refused(wanted, "seconds")
        room, limit = self._room(wanted, self._spent + self._held)
        if room is None:
            return Grant(number, wanted.amount(0), seconds=seconds)
        reply = max(wanted.likely, room // _SHARE) if wanted.reply is None else wanted.reply
        if room >= reply:
            return Grant(number, wanted.amount(reply), reply, seconds=seconds)
        if self._grows:
            return self._grown(number, wanted)
        useful, are_under_way = min(reply, _USELESS), len(self._under_way) > len(self._streams)
        if room >= useful and not are_under_way:
            return Grant(number, wanted.amount(room), room, rest=True, seconds=seconds)
        return None if are_under_way and self._may_fit(wanted, useful) else self._refused(wanted, limit)

    def _grown(self, number: int, wanted: Wanted) -> Grant | BudgetExceededError | None:
        if self._wider is None:
            return None
        self._limits, self._grows = self._wider, False
        return self._offer(number, wanted)

    def _may_fit(self, wanted: Wanted, reply: int) -> bool:
        """Whether there would be room if all that is held were given back."""
        most, _ = self._room(wanted, self._spent)
        return most is None or most >= reply

    def _room(self, wanted: Wanted, taken: Amount) -> tuple[int | None, str]:
        """How many tokens a reply may have, by what is left, and what limits them; below 0 it may not be asked for."""
        limits = self._limits
        if limits.calls is not None and taken.calls >= limits.calls:
            return -1, "calls"
        rooms: list[tuple[int, str]] = []
        if limits.tokens is not None:
            rooms.append((limits.tokens - taken.tokens - wanted.prompt, "tokens"))
        if limits.money is not None:
            rest = limits.money - taken.money - wanted.prompt * wanted.input_price
            if rest < 0 or wanted.output_price:
                rooms.append((-1 if rest < 0 else rest // wanted.output_price, "dollars"))
        return min(rooms, default=(None, ""))

    def _refused(self, wanted: Wanted, limit: str) -> BudgetExceededError:
        return refusal(State(self._limits, self._spent, self._held, self._clock() - self._began), wanted, limit)

    def _widen(self, limits: Limits) -> None:
        self._wider = limits
        self._serve()

    def _narrow(self, limits: Limits) -> None:
        self._limits, self._grows = limits, False
        self._serve()

    def _serve(self) -> None:
        """Decide about those who wait, in order, as far as it can be decided now."""
        while self._queue:
            queued = self._queue[0]
            if queued.id in self._waiting:
                offer = self._offer(queued.id, queued.wanted)
                if offer is None:
                    return
                queued.outcome = self._kept(offer)
                if not queued.turn.give():  # its event loop is closed: nobody will send it
                    self._forget(queued.id)
            self._queue.popleft()

    def _opened(self, grant: Grant) -> None:
        if grant.id in self._under_way:
            self._streams.add(grant.id)
            self._serve()

    def _look(self) -> None:
        closed = {home for home in self._loops if home.closed}
        for number in [number for number, home in self._homes.items() if home in closed] if closed else ():
            if number in self._under_way:
                self._streams.add(number)
            else:
                self._forget(number)
        self._serve()

    def _settle(self, grant: Grant, cost: Amount) -> None:
        if self._forget(grant.id):
            self._charge(cost)

    def _charge(self, cost: Amount) -> None:
        self._spent += cost
        self._serve()

    def _forget(self, number: int) -> bool:
        held = self._under_way.pop(number, None)
        waited = self._waiting.pop(number, None)
        self._streams.discard(number)
        home = self._homes.pop(number, None)
        if home is not None:
            self._loops[home] -= 1
            if not self._loops[home]:
                del self._loops[home]
        if held is not None:
            self._held -= held
        return held is not None or waited is not None


@dataclass(frozen=True, slots=True)
class _Decision:
    """Waits until a wish is granted or refused, or the time is over."""

    ledger: LocalLedger
    queued: _Queued
    seconds: float | None
    looks: bool
    """Whether it may wait for an event loop that is closed meanwhile."""

    def perform(self) -> Grant:
        """Block the thread."""
        for wait in self._waits():
            wait.perform()
        return self.ledger.decided(self.queued)

    async def aperform(self) -> Grant:
        """Let the event loop do other work."""
        for wait in self._waits():
            await wait.aperform()
        return self.ledger.decided(self.queued)

    def _waits(self) -> Iterator[WaitFor]:
        ends = math.inf if self.seconds is None else time.monotonic() + self.seconds
        most = LOOK if self.looks else math.inf
        while (left := ends - time.monotonic()) > 0 and not self.queued.turn.given:
            seconds = min(left, most)
            yield WaitFor(self.queued.turn, None if seconds == math.inf else seconds)
            if self.looks:
                self.ledger.look()
