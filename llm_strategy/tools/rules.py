"""What a tool accepts, and who is asked before it is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.tools.approval import Approval
    from llm_strategy.tools.tool import Tool

__all__ = ["NeedsApproval", "Rules"]

NeedsApproval: TypeAlias = "bool | Callable[[Approval], bool]"


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of a tool."""

    name: str = ""
    """The name that a model calls it by; '' for that of the function."""
    description: str = ""
    """What a model is told about it; '' for the docstring."""
    accepts_untrusted: bool = False
    """Whether it may be called with what came from an untrusted text."""
    needs_approval: NeedsApproval = False
    """Whether somebody is asked before: always, never, or as a function of the call says."""

    def over(self, tool: Tool[..., Any]) -> Rules:
        """Return these settings, where they say something, and else those of a tool that is there already."""
        return Rules(
            self.name or tool.name,
            self.description or tool.description,
            self.accepts_untrusted or tool.rules.accepts_untrusted,
            self.needs_approval or tool.rules.needs_approval,
        )

    def asks(self, approval: Approval) -> bool:
        """Return whether somebody is to be asked about a call."""
        return self.needs_approval(approval) if callable(self.needs_approval) else self.needs_approval
