"""Where people come in: they are asked, they confirm, they watch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from llm_strategy.planner.events import Event
    from llm_strategy.planner.parts import OpenQuestion

__all__ = ["Ask", "Confirm", "Hooks", "Proposal", "Watch"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is about to be done."""

    kind: Literal["program", "step", "edits"]
    """A new program, the next instruction, or edits of files."""
    step: str
    """Path of the step; '' for a program."""
    text: str
    """The program as YAML, the instruction, or the edits, each with what it does."""


Ask: TypeAlias = "Callable[[OpenQuestion], str | Awaitable[str]]"
"""Answers a question; an empty answer stands for the default."""
Confirm: TypeAlias = "Callable[[Proposal], bool | Awaitable[bool]]"
"""Says whether something is to be done."""
Watch: TypeAlias = "Callable[[Event], object]"
"""Is told what happens."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """Who is asked and told. Without them, defaults are assumed, everything is done, and nobody is told."""

    ask: Ask | None = None
    """Answers questions before planning; without it, the defaults become assumptions that are kept in the report."""
    confirm: Confirm | None = None
    """Is asked before a program, a step or edits; what it refuses is not done."""
    watch: Watch | None = None
    """Is told what happens, as it happens. When a run is resumed, steps under way are told again."""

    def told(self, event: Event) -> None:
        """Tell whoever watches."""
        if self.watch is not None:
            self.watch(event)
