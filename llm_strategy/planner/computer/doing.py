"""Short work on files and databases, as a request: a flow does none itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.planner.computer.aside import aside

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Do"]


@dataclass(frozen=True, slots=True)
class Do:
    """Call a function of ours; answered with its value. No journal keeps it: it has to do the same when done again."""

    work: Callable[[], Any]
    """What is called."""

    def perform(self) -> Any:
        """Call it."""
        return self.work()

    async def aperform(self) -> Any:
        """Call it in a thread."""
        return await aside(self.work)
