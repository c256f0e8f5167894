"""What happens in a search, told to whoever watches it.

What was decided is told again where a run goes on that was broken off, with `replayed`: so a watcher knows as much as
one that was there from the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.optimize.budget.view import LedgerView
    from llm_strategy.optimize.search.candidate import Candidate
    from llm_strategy.optimize.search.orders import Rollout
    from llm_strategy.optimize.search.requests import Purpose

__all__ = [
    "Accepted",
    "Asked",
    "Began",
    "CandidateMade",
    "Done",
    "Ended",
    "Event",
    "Grown",
    "Noted",
    "Proposing",
    "Rejected",
    "Warned",
]


@dataclass(frozen=True, slots=True)
class Began:
    """The search begins, or goes on."""

    books: LedgerView
    """What was spent before, and what may be spent."""
    resumed: bool = False
    """Whether it was begun before."""
    rollouts: int = 0
    """How many rollouts are known from before."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Rollouts are wanted."""

    purpose: Purpose
    """What for."""
    count: int
    """How many."""
    known: int = 0
    """How many of them are known already, from before the run was broken off."""


@dataclass(frozen=True, slots=True)
class Done:
    """A rollout has ended; those of a batch end in any order."""

    rollout: Rollout
    """What came of it, with the seconds that it took."""
    purpose: Purpose
    """What it was for."""
    books: LedgerView
    """What was spent by now. What rollouts under way have cost so far is not in there."""


@dataclass(frozen=True, slots=True)
class Proposing:
    """New values are wanted."""

    proposer: str
    """The name of who is asked."""
    step: int
    """The step of the search."""


@dataclass(frozen=True, slots=True)
class CandidateMade:
    """There is a new candidate, of which nothing is known yet."""

    candidate: Candidate
    """The candidate."""
    step: int = 0
    """The step that made it."""
    replayed: bool = False
    """Whether it was made before the run was broken off."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A candidate did not get past a gate."""

    number: int
    """The candidate."""
    why: str
    """Which gate, and by what."""
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """All that was noted of it, as JSON data."""
    replayed: bool = False
    """Whether that was before the run was broken off."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A candidate got past its gates, and was scored on validation cases."""

    number: int
    """The candidate."""
    mean: float
    """The mean of its scores."""
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """All that was noted of it, as JSON data."""
    replayed: bool = False
    """Whether that was before the run was broken off."""


@dataclass(frozen=True, slots=True)
class Grown:
    """More validation cases are used from now on."""

    size: int
    """How many."""
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """All that was noted of it, as JSON data."""
    replayed: bool = False
    """Whether that was before the run was broken off."""


@dataclass(frozen=True, slots=True)
class Noted:
    """Something else was decided: the front, the winner, why it stops."""

    kind: str
    """What it is."""
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """JSON data."""
    replayed: bool = False
    """Whether that was before the run was broken off."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Somebody should know this, such as that the budget allows one proposal only."""

    message: str
    """What it is, and what can be done."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The search is over."""

    reason: str
    """Why, as its outcome says it."""
    books: LedgerView
    """What was spent, over all the times that the run was begun."""


Event: TypeAlias = (
    Began | Asked | Done | Proposing | CandidateMade | Rejected | Accepted | Grown | Noted | Warned | Ended
)
