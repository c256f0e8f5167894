"""Models that continue what they know: a completion model and a chat model with all their conversations inside."""
# ruff: noqa: ARG002 (langchain calls these methods with more than they need)

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.llms import LLM
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from llm_strategy.errors import ReplayError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_core.callbacks import CallbackManagerForLLMRun

__all__ = ["FakeChatModel", "FakeLLM"]


class FakeLLM(LLM):
    """A completion model that continues a prompt with the rest of the text that begins with it.

    Of several texts the first in alphabetical order counts. A reply ends before the first stop mark in it.

    >>> FakeLLM(texts={"foobar"}).invoke("foo")
    'bar'

    Raises:
        ReplayError: none of the texts begins with the prompt.
    """

    texts: set[str] = Field(default_factory=set[str])
    """Prompts with their continuations."""

    @property
    def _llm_type(self) -> str:
        return "fake-completion"

    def _call(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        known = sorted(text for text in self.texts if text.startswith(prompt))
        if not known:
            raise ReplayError(f"FakeLLM knows no text that begins with {prompt!r}. Add one to `texts`.")
        reply = known[0][len(prompt) :]
        ends = [reply.index(mark) for mark in stop or () if mark in reply]
        return reply[: min(ends)] if ends else reply


class FakeChatModel(BaseChatModel):
    """A chat model that answers the beginning of a conversation that it knows with the turn that follows.

    Raises:
        ReplayError: no conversation begins so.
    """

    conversations: list[list[BaseMessage]] = Field(default_factory=list[list[BaseMessage]])
    """Whole conversations, turns of the model included."""

    @classmethod
    def from_messages(cls, conversations: Iterable[list[BaseMessage]]) -> Self:
        """Return a model that knows these conversations."""
        return cls(conversations=list(conversations))

    @property
    def _llm_type(self) -> str:
        return "fake-chat"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        asked = [(turn.type, turn.content) for turn in messages]
        for conversation in self.conversations:
            turns = [(turn.type, turn.content) for turn in conversation]
            if len(turns) > len(asked) and turns[: len(asked)] == asked:
                return ChatResult(generations=[ChatGeneration(message=conversation[len(asked)])])
        raise ReplayError(
            f"FakeChatModel knows no conversation that begins with {asked!r}. Add one to `conversations`."
        )
