"""A part of a text that calls tools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm_strategy.messages import ToolCall

__all__ = ["Span"]


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands in a text, and what it calls; nothing where it is a value of another kind."""

    start: int
    """Offset of its first character."""
    end: int
    """Offset behind its last character."""
    calls: tuple[ToolCall, ...] = ()
    """What is called."""
