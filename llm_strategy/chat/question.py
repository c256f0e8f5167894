"""What is asked, of whom, and how the answer is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from llm_strategy.flow import Sampling

if TYPE_CHECKING:
    from llm_strategy.chat.reading import Reader
    from llm_strategy.flow import ChatModel, Method
    from llm_strategy.messages import Message
    from llm_strategy.prompt import StructuredPrompt

__all__ = ["Answer", "Question"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[T]):
    """A prompt, the model that it goes to, and how the answer is read."""

    where: str
    """The function that asks, as errors name it."""
    model: ChatModel
    """Who is asked."""
    prompt: StructuredPrompt[T]
    """What is asked."""
    reader: Reader[T]
    """Reads the value out of a reply."""
    attempts: int = 3
    """How many replies are paid for, at most."""
    method: Method | None = None
    """How the value is asked for; None takes the model's best method, and steps down where its server declines."""
    sampling: Sampling = field(default_factory=Sampling)
    """How the replies are drawn."""
    sample: int = 0
    """Which of several answers it is, where a method of reasoning draws several: a cache keeps them apart."""
    cached: bool | None = None
    """Whether a cache may answer; None leaves that to the cache in force."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A value, and the conversation that gave it."""

    value: T
    """What the caller gets."""
    messages: tuple[Message, ...]
    """The prompt and the reply that was read, without the attempts that failed."""
