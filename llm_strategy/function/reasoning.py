"""The seam where a method of reasoning is put in: how a question is turned into an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from llm_strategy.chat import Answer, Question
    from llm_strategy.flow import Flow

__all__ = ["Reasoning"]

T = TypeVar("T")


class Reasoning(Protocol):
    """A method of answering: ask once, think first, vote, search, act.

    Methods are exchangeable: whatever a method asks for on the way, it answers with a value of the type that the
    question declares. It is a flow, so it runs in both drivers, and it does no input or output of its own.
    """

    def solve(self, question: Question[T]) -> Flow[Answer[T]]:
        """Return the answer. Raises ReplyError, AttemptsExhaustedError or TransportError where there is none."""
        ...
