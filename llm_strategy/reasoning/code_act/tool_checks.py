"""Looking at tools before anything is paid for: those that could not be called in this run, whatever the model does."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, ClassVar

from llm_strategy.errors import ToolRefusedError, UnsupportedError
from llm_strategy.tools.approval import somebody_approves

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.tools import Tool

__all__ = ["CheckTools", "doubtful"]


def doubtful(tools: Iterable[Tool[..., Any]]) -> tuple[Tool[..., Any], ...]:
    """Return the tools that cannot be called from everywhere."""
    return tuple(one for one in tools if _is_async(one) or one.rules.needs_approval is True)


@dataclass(frozen=True, slots=True)
class CheckTools:
    """Make sure that tools can be called from where the run is; answered with None."""

    tools: tuple[Tool[..., Any], ...]
    """Which."""

    is_preparation: ClassVar[bool] = True
    """A prompt can be looked at without it."""

    def perform(self) -> None:
        """Look at them. Raises UnsupportedError for async ones, ToolRefusedError where nobody is there to approve."""
        for one in filter(_is_async, self.tools):
            raise UnsupportedError(
                f"Tool {one.name!r} is async, and this call is not. Use an async LLM function, or a tool of a plain "
                "function."
            )
        self._check_approval()

    async def aperform(self) -> None:
        """Look at them. Raises ToolRefusedError where nobody is there to approve."""
        self._check_approval()

    def _check_approval(self) -> None:
        for one in self.tools:
            if one.rules.needs_approval is True and not somebody_approves():
                raise ToolRefusedError(
                    f"Tool {one.name!r} needs approval, and there is nobody to ask. Call the function inside `with "
                    "approving(...):`, or leave the tool out."
                )


def _is_async(tool: Tool[..., Any]) -> bool:
    return tool.origin.flow is None and iscoroutinefunction(tool.function)
