"""What a search has found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.optimize.search.candidate import Candidate

__all__ = ["Gain", "Member", "SearchOutcome"]


@dataclass(frozen=True, slots=True)
class Gain:
    """The difference of two means of scores at the same cases, with its interval."""

    mean: float
    """How much better the winner is than the seed."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end."""
    confidence: float
    """Share of such intervals that hold the true difference, such as 0.95."""
    cases: int
    """How many cases it was taken from."""
    split: str
    """The cases: `test`, or `val` where there are no test cases: those that were set aside, and chose nothing."""

    @property
    def is_real(self) -> bool:
        """Whether zero is below the interval."""
        return self.low > 0


@dataclass(frozen=True, slots=True)
class Member:
    """A candidate with what became of it."""

    candidate: Candidate
    """The candidate."""
    fate: str
    """`seed`, `pool`, `dominated`, `rejected: ...` (by which gate), `invalid: ...`, `duplicate`."""
    scores: Mapping[str, float] = field(default_factory=dict[str, float])
    """Its mean scores by validation case."""
    objectives: Mapping[str, float] = field(default_factory=dict[str, float])
    """Means of further objectives."""
    step: int = 0
    """The step that made it."""
    spent: int = 0
    """How many rollouts had been carried out when its fate was known."""


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """What a search has found."""

    best: Candidate
    """What is given back: the winner, or the seed where no gain can be shown."""
    winner: Candidate
    """The best candidate by validation."""
    seed: Candidate
    """What it began with."""
    members: tuple[Member, ...]
    """Everything that was tried, in order; the seed first."""
    gain: Gain | None
    """What the winner gains over the seed; None where there was nothing to compare."""
    reason: str
    """Why it ended: `budget`, `patience`, `nothing new is proposed`, `improvement is improbable`, `perfect`,
    `nothing to search`."""
    steps: int = 0
    """How many steps it made."""
    test_scores: Mapping[str, float] = field(default_factory=dict[str, float])
    """Mean test scores by `seed` and `winner`; empty where there is no test."""
    front: tuple[int, ...] = ()
    """Numbers of the candidates that no other one dominates."""
    brier: float | None = None
    """Mean squared error of the probabilities of improvement against what happened; None where none was told."""
    estimates: tuple[tuple[float, bool], ...] = ()
    """Probabilities of improvement that were told and could be checked, each with whether there was one."""
