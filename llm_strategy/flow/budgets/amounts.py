"""What budgets are counted in: whole numbers, so that sums are exact in any order."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

__all__ = ["PICO", "Amount", "Limits", "picodollars"]

PICO: Final = 10**12
"""Picodollars in a dollar: prices are a few millionths of a dollar a token, told with a few digits."""


def picodollars(dollars: float) -> int:
    """Return an amount of money in picodollars, rounded to the nearest.

    >>> picodollars(0.1)
    100000000000
    """
    return round(Fraction(str(dollars)) * PICO)


@dataclass(frozen=True, slots=True)
class Amount:
    """What requests cost, or may cost."""

    calls: int = 0
    """Requests sent."""
    tokens: int = 0
    """Tokens of prompts and replies."""
    money: int = 0
    """Picodollars."""
    estimated: int = 0
    """Requests whose tokens nobody told: they are estimated."""
    unpriced: int = 0
    """Requests whose price is not known: their money is missing."""

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            self.calls + other.calls,
            self.tokens + other.tokens,
            self.money + other.money,
            self.estimated + other.estimated,
            self.unpriced + other.unpriced,
        )

    def __sub__(self, other: Amount) -> Amount:
        return Amount(
            self.calls - other.calls,
            self.tokens - other.tokens,
            self.money - other.money,
            self.estimated - other.estimated,
            self.unpriced - other.unpriced,
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent; None sets no limit."""

    calls: int | None = None
    """Requests."""
    tokens: int | None = None
    """Tokens of prompts and replies."""
    money: int | None = None
    """Picodollars."""
    seconds: float | None = None
    """Time from the opening of the budget on."""

    def __str__(self) -> str:
        named = (
            ("calls", self.calls),
            ("tokens", self.tokens),
            ("dollars", None if self.money is None else self.money / PICO),
            ("seconds", self.seconds),
        )
        return f"budget({', '.join(f'{name}={limit:_}' for name, limit in named if limit is not None)})"
