"""What happens in a run, told to whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from llm_strategy.planner.evaluators import Verdict
    from llm_strategy.planner.program import Program
    from llm_strategy.planner.state import Spent

__all__ = ["Ended", "Event", "Planned", "StepBegan", "StepEnded", "Turned"]


@dataclass(frozen=True, slots=True)
class Planned:
    """There is a program, or another one."""

    program: Program
    """The program."""
    why: str
    """Where it comes from: `planned`, `given`, `edited by hand`, `replanned: ...`."""


@dataclass(frozen=True, slots=True)
class StepBegan:
    """A step has begun."""

    path: str
    """Its path in the program."""
    text: str
    """What is to be done, or the condition that is looked at."""


@dataclass(frozen=True, slots=True)
class Turned:
    """A writer's reply was carried out."""

    path: str
    """The step."""
    attempt: int
    """Number of the attempt, from 1."""
    turn: int
    """Number of the reply in it, from 1."""
    created: tuple[str, ...] = ()
    """Files that are new."""
    written: tuple[str, ...] = ()
    """Files that have another text now."""
    deleted: tuple[str, ...] = ()
    """Files that are gone."""
    refused: tuple[str, ...] = ()
    """What was wrong with edits that could not be applied."""
    verdict: Verdict | None = None
    """What the evaluators say now; None where they were not asked."""


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step is over."""

    path: str
    """The step."""
    outcome: str
    """`done`, `failed` or `skipped`; of a condition `yes` or `no`."""
    note: str
    """Why, where there is something to say."""
    spent: Spent
    """What it has cost."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over."""

    reason: str
    """Why."""
    spent: Spent
    """What it has cost, with all earlier runs in the workspace."""


Event: TypeAlias = Planned | StepBegan | Turned | StepEnded | Ended
