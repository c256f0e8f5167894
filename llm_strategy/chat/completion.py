"""A completion model (text in, text out) as a `ChatModel`: adapted once, here at the edge."""

from __future__ import annotations

from contextlib import aclosing, closing, contextmanager
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.chat.failures import no_reply
from llm_strategy.chat.identity import langchain_identity
from llm_strategy.chat.quiet import quiet
from llm_strategy.errors import LLMStrategyError
from llm_strategy.flow import Profile
from llm_strategy.messages import Chunk, Message, Reply

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

    from langchain_core.language_models.llms import BaseLLM

    from llm_strategy.flow import ChatRequest

__all__ = ["CompletionChat", "as_text"]


def as_text(messages: tuple[Message, ...]) -> str:
    r"""Return a conversation as one text for a model that continues text.

    The turns are divided by blank lines; the model's own earlier turns are marked, since the text must show who speaks.

    >>> as_text((Message.system("Add."), Message.user("1 + 1")))
    'Add.\n\n1 + 1'
    """
    spoken = [f"Reply: {message.content}" if message.role == "assistant" else message.content for message in messages]
    return "\n\n".join(spoken)


class CompletionChat:
    """Answers requests with a langchain completion model."""

    def __init__(self, model: BaseLLM) -> None:
        self.model = model
        """The langchain model."""

    @property
    def name(self) -> str:
        """The model's own name where it has one, else its class."""
        return str(getattr(self.model, "model_name", None) or type(self.model).__name__)

    @property
    def identity(self) -> dict[str, Any]:
        """What tells the model with its settings from others: part of the keys of caches and journals."""
        return langchain_identity(self.model)

    @property
    def profile(self) -> Profile:
        """A completion model is asked in the prompt only."""
        return Profile(("prompt",), ())

    def reply(self, request: ChatRequest) -> Reply:
        """Answer the request. Raises TransportError."""
        with self._failures():
            text = quiet(self.model).invoke(as_text(request.messages), **request.sampling.arguments())
            return Reply(Message.assistant(text))

    async def areply(self, request: ChatRequest) -> Reply:
        """Answer the request. Raises TransportError."""
        with self._failures():
            text = await quiet(self.model).ainvoke(as_text(request.messages), **request.sampling.arguments())
            return Reply(Message.assistant(text))

    def stream(self, request: ChatRequest) -> Iterator[Chunk]:
        """Answer piece by piece. Raises TransportError."""
        texts = quiet(self.model).stream(as_text(request.messages), **request.sampling.arguments())
        with self._failures(), closing(cast("Generator[str]", texts)):
            for text in texts:
                yield Chunk(text)

    async def astream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece. Raises TransportError."""
        texts = quiet(self.model).astream(as_text(request.messages), **request.sampling.arguments())
        with self._failures():
            async with aclosing(cast("AsyncGenerator[str]", texts)):
                async for text in texts:
                    yield Chunk(text)

    @contextmanager
    def _failures(self) -> Generator[None]:
        try:
            yield
        except LLMStrategyError:
            raise
        except Exception as error:
            raise no_reply(error, self.name, self.model) from error
