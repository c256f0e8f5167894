"""The talk between a flow and a sandbox: code runs until it asks for a tool, or is over.

The sandbox only asks; the flow calls the tool, outside, and answers. So a tool is traced, journalled and limited as any
other request of a flow is, in both drivers, and may be an LLM function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from llm_strategy.sandbox.results import CodeResult

__all__ = ["Ended", "HostCall", "Outcome", "Raised", "Returned", "Step"]


@dataclass(frozen=True, slots=True)
class HostCall:
    """Code asks for a tool. Nothing in it is to be trusted."""

    tool: str
    """Name of the tool; it is one that the session offers."""
    arguments: str
    """The arguments by name, as JSON text."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The tool gave a value."""

    value: Any
    """JSON data."""


@dataclass(frozen=True, slots=True)
class Raised:
    """The tool failed, or was not called; the code sees a `ToolError`."""

    message: str
    """What the code is told."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The action is over here: the code gets no answer, and what it has done stays."""


Outcome: TypeAlias = Returned | Raised | Ended
Step: TypeAlias = HostCall | CodeResult
