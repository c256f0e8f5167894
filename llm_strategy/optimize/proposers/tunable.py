"""Leaves that can be tuned without writing: numbers within bounds, truths and choices, each as a place from 0 to 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.optimize.space.fitting import alike

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from llm_strategy.optimize.space import Leaf

__all__ = ["Tunable", "tunable"]

_REACH = 4.0
"""By which factor a number without a bound may leave where it began."""
_DIGITS = 3
"""How many digits of a number are written where its bounds are not near each other."""
_NEAR = 50
"""By how much a number is larger than what is between its bounds where these are near each other."""


@dataclass(frozen=True, slots=True)
class Tunable:
    """A leaf that can be tuned."""

    leaf: Leaf
    """The leaf."""
    options: tuple[Any, ...] = ()
    """What there is to choose from, in order; empty for numbers."""
    low: float = 0.0
    """The least that a number may be."""
    high: float = 1.0
    """The most."""
    log: bool = False
    """Whether numbers are compared by their ratio."""

    @property
    def path(self) -> str:
        """The path of the leaf."""
        return self.leaf.path

    @property
    def is_integer(self) -> bool:
        """Whether only whole numbers fit."""
        return not self.options and self.leaf.kind == "integer"

    def index(self, value: Any) -> int | None:
        """Return which of the options a value is; None where it is none."""
        return next((at for at, one in enumerate(self.options) if alike(one, value)), None)

    def place(self, value: Any) -> float | None:
        """Return where a number is between its bounds, from 0 to 1; None where there is none."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if self.log:
            share = math.log(max(value, 1e-300) / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, share))

    def number(self, place: float) -> float:
        """Return the number at a place from 0 to 1."""
        place = min(1.0, max(0.0, place))
        value = self.low * (self.high / self.low) ** place if self.log else self.low + (self.high - self.low) * place
        if self.is_integer:
            return min(math.floor(self.high), max(math.ceil(self.low), round(value)))
        return min(self.high, max(self.low, float(f"{value:.{self._digits}g}")))

    @property
    def _digits(self) -> int:
        """How many digits of a number are written: three, as nobody reads more; more where its bounds are near."""
        if self.low * self.high <= 0:
            return _DIGITS
        ratio = min(abs(self.low), abs(self.high)) / (self.high - self.low)
        return _DIGITS if ratio < _NEAR else _DIGITS + math.floor(math.log10(ratio))

    def drawn(self, draws: random.Random) -> Any:
        """Draw any value."""
        return draws.choice(self.options) if self.options else self.number(draws.random())

    def near(self, value: Any, draws: random.Random, step: float) -> Any:
        """Draw another value, of a number one near by."""
        if self.options:
            others = [one for one in self.options if not alike(one, value)]
            return draws.choice(others)
        place = self.place(value)
        if place is None:
            return self.drawn(draws)
        moved = place + draws.gauss(0, step)
        moved = -moved if moved < 0 else 2 - moved if moved > 1 else moved
        number = self.number(moved)
        if self.is_integer and number == value:  # a whole number moves by one at least
            number = value + (1 if (moved > place and value < self.high) or value <= self.low else -1)
        return number


def tunable(leaves: Iterable[Leaf]) -> tuple[Tunable, ...]:
    """Return the leaves that can be tuned. Numbers without a bound have one that is far from where they began.

    >>> from llm_strategy.optimize.space import Leaf
    >>> one, = tunable([Leaf("f:size", "integer", 10, low=1), Leaf("f:text", "text", "Go.")])
    >>> one.low, one.high, one.log
    (1.0, 40.0, True)
    """
    found = (_tunable(leaf) for leaf in leaves)
    return tuple(one for one in found if one is not None)


def _tunable(leaf: Leaf) -> Tunable | None:
    if leaf.choices:
        return Tunable(leaf, leaf.choices) if len(leaf.choices) > 1 else None
    if leaf.kind == "boolean":
        return Tunable(leaf, (False, True))
    if leaf.kind not in {"number", "integer"}:
        return None
    span = _span(leaf)
    return None if span is None else Tunable(leaf, (), *span)


def _span(leaf: Leaf) -> tuple[float, float, bool] | None:
    """Return the bounds of a number, and whether its scale is logarithmic; where there are none, some that are far."""
    low, high, log, now = leaf.low, leaf.high, leaf.log, leaf.default
    if low is None or high is None:
        if isinstance(now, bool) or not isinstance(now, int | float):
            return None
        size = abs(now) or 1.0
        low = low if low is not None else now / _REACH if now > 0 else now - size * _REACH
        high = high if high is not None else now * _REACH if now > 0 else max(now, low) + size * _REACH
        log = low > 0
    return (float(low), float(high), log) if low < high else None
