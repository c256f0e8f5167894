"""What a model's answer to a request for better values comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_strategy.optimize.search.candidate import Values

__all__ = ["WrittenValues"]


@dataclass(frozen=True, slots=True)
class WrittenValues:
    """Values that a model wrote, with what it said besides."""

    values: tuple[tuple[Values, str], ...] = ()
    """Values of all leaves, each with its hypothesis."""
    problems: tuple[str, ...] = ()
    """What it wrote that does not fit."""
    made_up: tuple[Any, ...] = ()
    """Inputs that it made up."""
