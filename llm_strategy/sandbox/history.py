"""What a session has done so far, so that it can be done again where a sandbox was lost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from llm_strategy.sandbox.results import CodeResult
    from llm_strategy.sandbox.steps import HostCall, Outcome

__all__ = ["Action", "Answered", "Event", "Written"]

_STOPPED = frozenset({"TimeLimit", "Interrupted"})


@dataclass(frozen=True, slots=True)
class Answered:
    """A tool that code asked for, and what it was told."""

    call: HostCall
    """What it asked."""
    outcome: Outcome
    """What it was told."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action: code, the answers that it got, and what came of it."""

    code: str
    """What was run."""
    answers: tuple[Answered, ...]
    """The tools that it asked for, in order."""
    result: CodeResult
    """What came of it."""

    @property
    def again(self) -> bool:
        """Whether it can be run again: not where it was stopped at some moment, or brought the sandbox down."""
        return not self.result.state_lost and _kind(self.result) not in _STOPPED

    @property
    def in_part(self) -> bool:
        """Whether it was stopped, and has left what cannot be made again."""
        return not self.result.state_lost and not self.again

    def agrees(self, result: CodeResult) -> bool:
        """Whether another run of it ended in the same way."""
        return _kind(self.result) == _kind(result)

    def gave(self, result: CodeResult) -> bool:
        """Whether another run of it gave the same, as far as that was told: output, value, files."""
        return _given(self.result) == _given(result)


@dataclass(frozen=True, slots=True)
class Written:
    """A file that the host has put into the workspace."""

    path: str
    """Where."""
    data: bytes
    """What."""


Event: TypeAlias = Action | Written


def _given(result: CodeResult) -> tuple[object, ...]:
    files = [(one.path, one.operation, one.size) for one in result.files]
    return _without_places(result.stdout), _without_places(result.shown), result.value, files


def _without_places(text: str) -> str:
    """Return a text without places in memory, which are others each time."""
    return re.sub(r"\b0x[0-9a-f]{6,16}\b", "0x", text)


def _kind(result: CodeResult) -> str:
    return "" if result.error is None else result.error.kind
