"""What an executor does with one item, as a flow: the same wherever it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.flow import FlowFunction

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.flow import Flow

__all__ = ["CallFunction", "done_with"]


@dataclass(frozen=True, slots=True)
class CallFunction:
    """Call a function of the user's own; answered with what it returns."""

    function: Callable[[Any], Any]
    """What is called."""
    item: Any
    """What it is called on."""

    def perform(self) -> Any:
        """Call the function."""
        return self.function(self.item)

    async def aperform(self) -> Any:
        """Call the function. Executors run flows in threads."""
        return self.function(self.item)


def done_with(function: Callable[[Any], Any], item: Any) -> Flow[Any]:
    """Return the flow of one item."""
    return function.flow(item) if isinstance(function, FlowFunction) else _called(function, item)


def _called(function: Callable[[Any], Any], item: Any) -> Flow[Any]:
    return (yield CallFunction(function, item))
