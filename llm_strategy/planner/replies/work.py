"""What one reply of a writer asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm_strategy.planner.editing import Edit

__all__ = ["Work"]


@dataclass(frozen=True, slots=True)
class Work:
    """What one reply of a writer asks for, and what of it could not be read."""

    edits: tuple[Edit, ...] = ()
    """Changes of files, in the order of the reply."""
    read: tuple[str, ...] = ()
    """Paths of files that it wants to see."""
    search: tuple[str, ...] = ()
    """Words that it wants searched in the files."""
    more: bool = False
    """Whether it says that it has not finished."""
    done: bool = False
    """Whether it says that nothing more is to be done."""
    note: str = ""
    """Its other words, shortened."""
    problems: tuple[str, ...] = ()
    """What could not be read, or is not taken, in words for the model."""
