"""What is said about a run beside its figures: filled in by whoever knows the run, drawn as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Mood", "RequirementRow", "RunSummary", "StepRow", "SummaryRow"]

Mood: TypeAlias = Literal["", "good", "warn", "bad"]
"""How something is marked: not at all, as good, as doubtful, as bad."""


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One figure of a run, as people read it."""

    name: str
    """What it is: `Features`."""
    value: str
    """What it came to: `83 %`."""
    note: str = ""
    """What has to be said beside it: `5 of 6`."""
    mood: Mood = ""
    """How it is marked."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the program, also one that was not begun."""

    path: str
    """Its path in the program."""
    text: str
    """The instruction, or the condition."""
    outcome: str = ""
    """`done`, `failed`, `skipped`, `yes` or `no`; '' where it is open."""
    attempts: int = 0
    """How often it was tried; 0 where that is not known."""
    note: str = ""
    """What there is to say about it: why it failed."""
    requirements: tuple[str, ...] = ()
    """Ids of what it serves."""


@dataclass(frozen=True, slots=True)
class RequirementRow:
    """One thing that the task requires, and what came of it."""

    id: str
    """Its short name."""
    text: str
    """What it asks for."""
    instructions: tuple[str, ...] = ()
    """Paths or ids of the instructions that serve it."""
    files: tuple[str, ...] = ()
    """Files that these wrote."""
    tests: tuple[str, ...] = ()
    """Tests that belong to it."""
    state: Literal["passed", "failed", "untested"] = "untested"
    """What its tests say."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in words and numbers.

    >>> RunSummary("A to-do list", "Done", mood="good", rows=(SummaryRow("Features", "83 %"),)).rows[0].value
    '83 %'
    """

    task: str = ""
    """What was asked for, in the user's words."""
    outcome: str = ""
    """How the run ended, in a word or two."""
    reason: str = ""
    """Why it ended so, in a sentence."""
    mood: Mood = ""
    """How the outcome is marked."""
    rows: tuple[SummaryRow, ...] = ()
    """Its figures."""
    steps: tuple[StepRow, ...] = ()
    """The steps of its program, in order."""
    requirements: tuple[RequirementRow, ...] = ()
    """What the task requires."""
