"""What a model does in one reply, whatever form it writes it in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm_strategy.messages import Message, ToolCall

__all__ = ["FINISH", "Action"]

FINISH = "finish"
"""The function that takes the value, in every form of actions."""


@dataclass(frozen=True, slots=True)
class Action:
    """Code to be run, or tools to be called one after the other."""

    turn: Message
    """The model's turn, as it stays in the conversation."""
    code: str = ""
    """What is run; '' where tools are called."""
    calls: tuple[ToolCall, ...] = ()
    """What is called, with arguments as JSON text; `finish` is one of them."""
    note: str = ""
    """What the model is told about the way it wrote the action, where something is odd."""

    @property
    def key(self) -> str:
        """The same for actions that do the same."""
        return self.code.strip() or "\n".join(f"{call.name} {call.arguments}" for call in self.calls)
