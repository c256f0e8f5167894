"""How well a value fits a place in a schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from llm_strategy.parsing.problems import shown

__all__ = ["MISFIT_COST", "Fit", "Place", "misfit"]

MISFIT_COST: Final = 100
"""What a value that does not fit costs: more than any mending."""


@dataclass(slots=True)
class Fit:
    """How well a value fits."""

    value: Any
    """The value, mended where needed."""
    cost: int = 0
    """What was mended, weighed; 0 if the value fitted as it was."""
    problems: list[str] = field(default_factory=list[str])
    """What does not fit, one line each, as shown to the model; empty if the value fits."""
    repairs: dict[str, None] = field(default_factory=dict[str, None])
    """What was mended, each kind once."""

    def dearer(self, repair: str, cost: int) -> Fit:
        """Return this fit, with one more thing mended."""
        self.cost += cost
        self.repairs[repair] = None
        return self

    def take(self, part: Fit) -> None:
        """Add what a part cost, and what is wrong with it, to the whole."""
        self.cost += part.cost
        self.problems.extend(part.problems)
        self.repairs.update(part.repairs)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands."""

    schema: dict[str, Any]
    """What is asked for there."""
    path: str
    """The keys and indexes that lead there, joined with points."""
    depth: int
    """How many containers and unions are around it."""

    def inner(self, name: str | int) -> str:
        """Return the path of a part.

        >>> Place({}, "a", 0).inner(1)
        'a.1'
        """
        return f"{self.path}.{name}" if self.path else str(name)

    def said(self, problem: str) -> str:
        """Return a problem as a line for the model, with the path in front."""
        return f"`{self.path}`: {problem}" if self.path else problem


def misfit(value: Any, place: Place, wanted: str) -> Fit:
    """Return the fit of a value that does not fit: what was wanted, and what was found."""
    return Fit(value, MISFIT_COST, [place.said(f"{wanted}, got {shown(value)}")])
