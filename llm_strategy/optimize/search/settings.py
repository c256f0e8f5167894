"""Everything that shapes a search, as typed hyperparameters."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["FrontType", "SearchSettings"]

FrontType: TypeAlias = Literal["instance", "objective", "both"]
"""What candidates are compared by: their scores case by case, their means by objective, or all of these."""

_Count = Annotated[int, Field(ge=1)]
_Share = Annotated[float, Field(ge=0, le=1)]


class SearchSettings(BaseModel):
    """How a search goes about it. None of it depends on how many workers there are.

    >>> SearchSettings(mutations=2).mutations
    2

    Raises:
        pydantic.ValidationError: a number is out of its range, or a name unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    minibatch: _Count = 3
    """Training cases that a parent's failures are taken from, and that its child must do better at."""
    parents: _Count = 1
    """Candidates that a step starts from."""
    mutations: _Count = 1
    """How often a proposer is asked for each parent of a step."""
    shown: _Count = 3
    """How often one run of a candidate is shown to proposers before other training cases are paid for."""
    front: FrontType = "instance"
    """What candidates are compared by."""
    first_val: Annotated[float, Field(gt=0, le=1)] = 1 / 3
    """Share of the validation cases that candidates are scored on at first."""
    look: Annotated[float, Field(gt=0, le=1)] = 0.03
    """Share of the budget that scoring one candidate may cost at first: where it is small, fewer cases are used."""
    least_val: _Count = 5
    """Validation cases that are used at least, whatever the budget."""
    grow_after: _Count = 10
    """Steps without an acceptance after which more validation cases are used: small gains show on many cases only."""
    growth: Annotated[float, Field(gt=1)] = 2.0
    """By what the validation cases in use are multiplied where the leaders cannot be told apart."""
    leaders: _Count = 3
    """Candidates that are scored again at the end, before one of them is chosen."""
    rescored: _Share = 0.1
    """Share of the budget that is kept for scoring leaders again at the end."""
    measured: _Count = 6
    """Scores of the seed that are repeated to measure the noise, where nobody has told it."""
    block: _Count = 2
    """Validation cases after which a noisy gate looks at what it has."""
    pooled: bool = True
    """Whether candidates are judged by all rollouts together where there is a surrogate that does it."""
    probes: _Count = 3
    """Validation cases that a candidate is tried at, where it is judged by all rollouts together."""
    written: _Share = 0.4
    """Share of the proposals that go to those who write, where candidates are judged by all rollouts together."""
    boldness: Annotated[float, Field(ge=0)] = 0.5
    """How far what is drawn for candidates in a race is from what is expected of them, in standard errors."""
    sure: Annotated[float, Field(ge=0)] = 0.5
    """Standard errors by which a candidate in a race must be better than its parent to be accepted."""
    trust: Annotated[float, Field(gt=0)] = 20.0
    """Rollouts that outweigh the expectation that a child is as good as its parent, where scores are noisy."""
    explore: _Share = 0.1
    """Share of the proposals that go to a proposer taken at random, whatever came of it so far."""
    memory: Annotated[float, Field(gt=0, le=1)] = 0.97
    """What is left of the weight of a proposer's past with each of its proposals."""
    restart_after: _Count = 12
    """Steps without an acceptance after which a new start is asked for, where there is a proposer of such."""
    dry_after: _Count = 5
    """Empty answers in a row of those who read runs after which candidates that a gate turned away are tried again."""
    patience: _Count = 100
    """Steps without an acceptance after which the search ends."""
    idle: _Count = 30
    """Steps in a row without a new candidate and without a rollout after which the search ends."""
    estimate_every: _Count = 10
    """Steps between two questions for the probability of an improvement; also what "soon" means in it."""
    estimates: _Count = 8
    """Answers that must have been checked against what happened before one of them may end a search."""
    improbable: _Share = 0.05
    """Calibrated probability of an improvement below which the search ends."""
    reserve: _Share = 0.4
    """Share of the budget that is kept for the end at most: scoring leaders again, and the test."""
    set_aside: _Share = 0.5
    """Share of the validation cases that is kept for judging the gain where there are no test cases."""
    guard: bool = True
    """Whether the seed is given back where no gain can be shown. Without, nothing is kept for showing one."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Share of the intervals of gains that hold the true gain."""
    resamples: Annotated[int, Field(ge=100)] = 2000
    """Draws of a bootstrap."""
