"""How far many calls have come, and how that is shown to people."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Display", "Followed", "Lines", "Progress", "ShowProgress", "display_for"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far many calls have come.

    >>> print(Progress(done=30, total=90, errors=1, tokens=12_000, cost=0.0123, seconds=15.0))
    30/90, 1 error, 2.0/s, 12.0k tokens, $0.0123, 0:30 left
    """

    done: int
    """Calls that have ended."""
    total: int | None
    """Calls in all; None where that is not known."""
    errors: int
    """Calls that ended in an error."""
    tokens: int
    """Tokens of prompts and replies so far."""
    cost: float | None
    """US dollars so far; None where the price of a reply is not known."""
    seconds: float
    """Since the first call began."""

    @property
    def rate(self) -> float:
        """Calls that end in a second."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def remaining(self) -> float | None:
        """Seconds until the last call ends, at the present rate; None where that is not known."""
        return (self.total - self.done) / self.rate if self.total is not None and self.rate else None

    def __str__(self) -> str:
        parts = [f"{self.done}" if self.total is None else f"{self.done}/{self.total}"]
        if self.errors:
            parts.append(f"{self.errors} error{'s' if self.errors > 1 else ''}")
        parts.append(f"{self.rate:.1f}/s")
        if self.tokens:
            parts.append(f"{_short(self.tokens)} tokens")
        if self.cost:
            parts.append(f"${self.cost:.4f}")
        if self.remaining:
            parts.append(f"{_clock(self.remaining)} left")
        return ", ".join(parts)


ShowProgress: TypeAlias = "bool | Callable[[Progress], object]"
"""Whether progress is shown, or what is called with it after each result."""


class Display(Protocol):
    """Shows progress."""

    seconds: float
    """How long it wants to be left alone between two updates."""

    def update(self, progress: Progress) -> None:
        """Show how far the calls have come."""
        ...

    def close(self, progress: Progress) -> None:
        """Show it for the last time."""
        ...


def display_for(show: ShowProgress, stream: TextIO | None = None) -> Display | None:
    """Return what shows progress on `stream` (stderr by default): a bar where there can be one, else seldom lines."""
    if callable(show):
        return _Told(show)
    if not show:
        return None
    from llm_strategy.function.progress_bars import bar_for

    shown_on = sys.stderr if stream is None else stream
    return bar_for(shown_on) or Lines(shown_on)


class Lines:
    """A line now and then, for files and pipes."""

    seconds = 10.0

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def update(self, progress: Progress) -> None:
        """Write a line."""
        print(progress, file=self._stream, flush=True)

    def close(self, progress: Progress) -> None:
        """Write the last line."""
        self.update(progress)


class _Told:
    """Tells a function of the user after each result."""

    seconds = 0.0

    def __init__(self, told: Callable[[Progress], object]) -> None:
        self._told = told

    def update(self, progress: Progress) -> None:
        self._told(progress)

    def close(self, progress: Progress) -> None:
        """Do nothing: it knows already."""


class Followed:
    """Counts results, and shows how far they have come as often as the display wants it."""

    def __init__(self, display: Display, total: int | None, spent: Callable[[], tuple[int, float | None]]) -> None:
        self._display = display
        self._total = total
        self._spent = spent
        self._done = self._errors = 0
        self._began = time.monotonic()
        self._shown = self._began

    def saw(self, *, ok: bool) -> None:
        """Count a result."""
        self._done += 1
        self._errors += not ok
        now = time.monotonic()
        if now - self._shown >= self._display.seconds:
            self._shown = now
            self._display.update(self.progress())

    def close(self) -> None:
        """Show the end."""
        self._display.close(self.progress())

    def progress(self) -> Progress:
        """Return how far it has come."""
        tokens, cost = self._spent()
        return Progress(self._done, self._total, self._errors, tokens, cost, time.monotonic() - self._began)


def _short(number: int) -> str:
    for size, name in ((1_000_000_000, "G"), (1_000_000, "M"), (1000, "k")):
        if number >= size:
            return f"{number / size:.1f}{name}"
    return str(number)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
