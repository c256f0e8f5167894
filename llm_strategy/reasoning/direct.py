"""Asking once: the plainest method, and the default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from llm_strategy.chat import ask

if TYPE_CHECKING:
    from llm_strategy.chat import Answer, Question
    from llm_strategy.flow import Flow

__all__ = ["Direct"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Direct:
    """Ask for the value straight away."""

    def solve(self, question: Question[T]) -> Flow[Answer[T]]:
        """Return the answer to the question as it stands; see `Reasoning`."""
        return ask(question)
