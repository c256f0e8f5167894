"""What a search asks for: it is a generator of these, and touches neither models, nor tasks, nor files.

A driver answers them, and writes each answer to the store. A search that is begun again with the same settings asks the
same, and is answered out of the store: so it goes on where it was, and nothing is paid for twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from llm_strategy.optimize.search.candidate import Candidate, Proposal
    from llm_strategy.optimize.search.orders import Order, Rollout
    from llm_strategy.optimize.search.outcome import SearchOutcome

__all__ = [
    "Estimate",
    "Estimated",
    "Evaluate",
    "Evaluated",
    "Note",
    "Propose",
    "Proposed",
    "Purpose",
    "Scored",
    "Search",
    "SearchReply",
    "SearchRequest",
]

Purpose: TypeAlias = Literal["seed", "minibatch", "gate", "val", "grow", "rescore", "test"]


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Carry out rollouts; answered with `Evaluated`."""

    orders: tuple[Order, ...]
    """What is wanted, none of it twice, and nothing that was answered before."""
    purpose: Purpose
    """What it is for."""
    candidates: tuple[Candidate, ...]
    """The candidates that the orders name."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What came of `Evaluate`."""

    rollouts: tuple[Rollout, ...]
    """In the order in which they were wanted. Where there are fewer than were wanted, the budget ends there."""
    left: float = 1.0
    """The share of the budget that is left, of its scarcest part; from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with what is known of it on validation cases."""

    candidate: Candidate
    """The candidate."""
    mean: float
    """The mean of its scores."""
    count: int
    """How many there are."""
    cases: Mapping[str, float] = field(default_factory=dict[str, float])
    """Its scores by `split/id`, where all candidates are judged together: only those of cases that were drawn whatever
    it does there, and that no proposer had seen. Empty elsewhere."""


@dataclass(frozen=True, slots=True)
class Propose:
    """Make up new values; answered with `Proposed`."""

    proposer: str
    """Who is asked: the name of a proposer."""
    parents: tuple[Candidate, ...]
    """What to start from: one candidate, two for a merge."""
    runs: tuple[Rollout, ...]
    """What the first parent did with a minibatch of training cases."""
    pool: Sequence[Scored]
    """What was tried so far and got past its gates, the seed first."""
    tried: Sequence[Scored]
    """Everything that was tried at all, with what is known of it; those that failed a gate among it."""
    stream: int
    """Seeds whatever is drawn at random."""
    step: int
    """Counts the steps of the search."""
    left: float
    """The share of the budget that is left."""
    best: Candidate
    """The best one so far."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What came of `Propose`."""

    proposals: tuple[Proposal, ...]
    """New values; those without values were paid for as well."""
    left: float = 1.0
    """The share of the budget that is left."""
    over: bool = False
    """Whether the budget did not allow the proposer to be asked."""
    synthetic: tuple[str, ...] = ()
    """Ids of cases that the proposer made up meanwhile (split `synthetic`): for minibatches of training cases alone."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Say how probable a further improvement is; answered with `Estimated`."""

    pool: Sequence[Scored]
    """What was tried so far."""
    best: Candidate
    """The best one."""
    step: int
    """Counts the steps."""
    stream: int
    """Seeds whatever is drawn at random."""


@dataclass(frozen=True, slots=True)
class Estimated:
    """What came of `Estimate`."""

    probability: float | None
    """From 0 to 1; None where nobody can be asked."""
    left: float = 1.0
    """The share of the budget that is left."""


@dataclass(frozen=True, slots=True)
class Note:
    """Write down what was decided, for the log and for whoever watches; answered with None."""

    kind: str
    """What it is: `candidate`, `rejected`, `accepted`, `grown`, `front`, `stopped`, `winner`..."""
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """JSON data."""


SearchRequest: TypeAlias = Evaluate | Propose | Estimate | Note
SearchReply: TypeAlias = Evaluated | Proposed | Estimated | None
Search: TypeAlias = "Generator[SearchRequest, Any, SearchOutcome]"
