"""Rollouts: what is wanted of a candidate, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Order", "Rollout", "Split", "Usage"]

Split: TypeAlias = Literal["train", "val", "test", "synthetic"]
"""What a case is for: to learn from, to choose by, to judge by at the end; or it was made up by a model."""


@dataclass(frozen=True, slots=True)
class Order:
    """One call of the task that is wanted: a candidate at a case."""

    candidate: str
    """The key of the candidate."""
    split: Split
    """Where the case belongs."""
    case: str
    """The id of the case."""
    repeat: int = 0
    """Counts calls of the same candidate at the same case: a noisy task is asked anew, a repeated one is not."""

    @property
    def key(self) -> str:
        """Name the call; no two calls of a run share a name."""
        return f"{self.candidate}/{self.split}/{self.case}/{self.repeat}"


@dataclass(frozen=True, slots=True)
class Usage:
    """What calls have cost."""

    calls: int = 0
    """Requests to models."""
    tokens: int = 0
    """Tokens of prompts and replies."""
    dollars: float | None = 0.0
    """US dollars; None where the price of a model is not known."""
    seconds: float = 0.0
    """Time; never a part of the event log, which is the same on any machine."""

    def __add__(self, other: Usage) -> Usage:
        money = None if self.dollars is None or other.dollars is None else self.dollars + other.dollars
        return Usage(self.calls + other.calls, self.tokens + other.tokens, money, self.seconds + other.seconds)


@dataclass(frozen=True, slots=True)
class Rollout:
    """What came of an order."""

    order: Order
    """What was wanted."""
    score: float
    """How good it was, more is better; that of a failed call is the metric's `failure` score."""
    objectives: Mapping[str, float] = field(default_factory=dict[str, float])
    """Further scores by name, where the metric gives several; more is better."""
    feedback: str = ""
    """What the metric says of it, for whoever proposes what is next."""
    error: str = ""
    """What the task raised, as `Type: message`; '' where it gave a value. An error is data, not the end."""
    usage: Usage = field(default_factory=Usage)
    """What the task's calls have cost."""
    scoring: Usage = field(default_factory=Usage)
    """What the calls of the metric have cost: those of a judge are the optimizer's, and not the task's."""
