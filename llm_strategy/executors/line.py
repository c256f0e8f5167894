"""From a worker to the process that began the work: what must be counted or written down once is done there."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from llm_strategy.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.flow.budgets.amounts import Amount
    from llm_strategy.flow.budgets.ledger import Grant, State, Wanted
    from llm_strategy.flow.journal.store import Asked, ErrorData, FlowData, Told
    from llm_strategy.flow.limits.rates import Rates
    from llm_strategy.flow.metered import Meter

__all__ = ["BooksThere", "JournalThere", "LedgerThere", "Line", "line_in_use", "present_line"]


class Line(Protocol):
    """Reaches the process that began the work."""

    meters: dict[int, Meter]
    """What counts here for the meters there, by their numbers."""

    def ask(self, whom: int, what: str, *given: Any) -> Any:
        """Have a method called there; return or raise what it does."""
        ...

    def tell(self, whom: int, what: str, *given: Any) -> None:
        """Have a method called there, without waiting."""
        ...


_LINE: ContextVar[Line | None] = ContextVar("llm_strategy_line", default=None)


def present_line() -> Line:
    """Return the line of the item that is worked on here."""
    line = _LINE.get()
    if line is None:
        raise ConfigurationError("What was sent to a worker is used outside of the item that it was sent for.")
    return line


class line_in_use:  # noqa: N801 (reads as a phrase: `with line_in_use(line)`)
    """Let `line` be that of the item that is worked on inside the `with`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def __enter__(self) -> None:
        self._token = _LINE.set(self._line)

    def __exit__(self, *problem: object) -> None:
        _LINE.reset(self._token)


@dataclass(frozen=True, slots=True)
class JournalThere:
    """A `JournalStore` that is kept by the process that began the work."""

    number: int

    def ask(self, flow: FlowData, path: Sequence[int], asked: Asked) -> Told:
        """Return what is known of a request."""
        told: Told = present_line().ask(self.number, "ask", flow, tuple(path), asked)
        return told

    def answered(self, ticket: int, answer: Any, *, partial: bool = False) -> None:
        """Write an answer down; it is written when this returns."""
        present_line().ask(self.number, "answered", ticket, answer, partial)

    def failed(self, ticket: int, error: ErrorData | None) -> None:
        """Note that a request failed."""
        present_line().ask(self.number, "failed", ticket, error)

    def forget(self, ticket: int) -> None:
        """Let an answer be none."""
        present_line().ask(self.number, "forget", ticket)

    def ended(self, flow: str, *, failed: bool = False) -> None:  # noqa: ARG002 (items are side by side)
        """Note that a flow is over."""
        present_line().tell(self.number, "ended", flow)


@dataclass(frozen=True, slots=True)
class LedgerThere:
    """The books of a budget that are kept by the process that began the work."""

    number: int

    def reserve(self, wanted: Wanted) -> Grant:
        """Reserve what a request may cost, or queue up for it. Raises BudgetExceededError."""
        grant: Grant = present_line().ask(self.number, "reserve", wanted)
        return grant

    def waiting(self, grant: Grant, seconds: float | None = None) -> _Decision:
        """Return what waits until a queued reservation is decided, or so many seconds are over."""
        return _Decision(self.number, grant, seconds)

    def opened(self, grant: Grant) -> None:
        """Note that a reservation lasts as long as somebody reads a stream."""
        present_line().ask(self.number, "opened", grant)

    def settle(self, grant: Grant, cost: Amount) -> None:
        """Replace a reservation by what was spent."""
        present_line().ask(self.number, "settle", grant, cost)

    def charge(self, cost: Amount) -> None:
        """Note what was spent without a reservation."""
        present_line().ask(self.number, "charge", cost)

    def state(self) -> State:
        """Return the books."""
        state: State = present_line().ask(self.number, "state")
        return state


@dataclass(frozen=True, slots=True)
class _Decision:
    """Waits until a wish is granted or refused."""

    number: int
    grant: Grant
    seconds: float | None
    _line: Line = field(default_factory=present_line)

    def perform(self) -> Grant:
        """Block the thread."""
        grant: Grant = self._line.ask(self.number, "decided", self.grant, self.seconds)
        return grant

    async def aperform(self) -> Grant:
        """Let the event loop do other work."""
        return await asyncio.get_running_loop().run_in_executor(None, partial(self.perform))


@dataclass(frozen=True, slots=True)
class BooksThere:
    """What was sent to accounts lately, counted by the process that began the work."""

    number: int
    shared = True

    def take(self, account: str, rates: Rates, tokens: int) -> tuple[float, int]:
        """Count a request of so many tokens where it fits."""
        taken: tuple[float, int] = present_line().ask(self.number, "take", account, rates, tokens)
        return taken

    def settle(self, account: str, rates: Rates, place: int, tokens: int) -> None:
        """Count so many tokens more, or fewer."""
        present_line().tell(self.number, "settle", account, rates, place, tokens)

    def pause(self, account: str, seconds: float) -> None:
        """Let nothing be sent for so many seconds."""
        present_line().ask(self.number, "pause", account, seconds)

    def paused(self, account: str) -> float:
        """Return for how many seconds nothing may be sent."""
        seconds: float = present_line().ask(self.number, "paused", account)
        return seconds

    def forget_pauses(self) -> None:
        """Let everything be sent again."""
        present_line().ask(self.number, "forget_pauses")
