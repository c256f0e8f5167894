"""Errors of the planner: of its programs, of the workspace that they change, and of the edits that change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.errors.calls import ConfigurationError
from llm_strategy.errors.root import LLMStrategyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

__all__ = ["EditError", "EditsRefusedError", "ProgramError", "WorkspaceError"]


class ProgramError(ConfigurationError):
    """What was written as a program is none; the message says where, and what is wrong."""


class WorkspaceError(LLMStrategyError):
    """A workspace cannot be used: nothing can be written there, files are there already, or another run is."""


class EditError(LLMStrategyError):
    """An edit cannot be applied as it stands; the message can be shown to the model that wrote it."""


class EditsRefusedError(LLMStrategyError):
    """Edits of which one cannot be applied: none was. They are kept in the history, and the message can be shown."""

    def __init__(self, problems: Sequence[str], change: int = 0) -> None:
        count = "One edit" if len(problems) == 1 else f"{len(problems)} edits"
        super().__init__(f"{count} cannot be applied, so none was:\n" + "\n".join(f"- {one}" for one in problems))
        self.problems: tuple[str, ...] = tuple(problems)
        """What is wrong, edit by edit."""
        self.change: int = change
        """Number of the refusal in the history, where all the edits are kept."""

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[str, ...], int], dict[str, object]]:
        return type(self), (self.problems, self.change), vars(self)
