"""What a model makes of untrusted data is untrusted as well: the value, and its words in the conversation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.chat.ask import Answer
from llm_strategy.schema import distrust

if TYPE_CHECKING:
    from llm_strategy.messages import Message

__all__ = ["distrusted_answer", "distrusted_turn"]

T = TypeVar("T")


def distrusted_answer(answer: Answer[T], annotation: Any) -> Answer[T]:
    """Return an answer with the mark on its value, and on the model's last turn."""
    *before, last = answer.messages
    return Answer(distrust(answer.value, annotation), (*before, distrusted_turn(last)))


def distrusted_turn(turn: Message) -> Message:
    """Return a turn with the mark on its text."""
    return replace(turn, content=distrust(turn.content))
