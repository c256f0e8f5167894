"""A langchain chat model as a `ChatModel`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from llm_strategy.chat.dialect import dialect_of
from llm_strategy.chat.transcript import reply_of, text_of, to_langchain, usage_of
from llm_strategy.errors import LLMStrategyError, NotAModelError, TransportError, UnsupportedError
from llm_strategy.flow import Profile
from llm_strategy.messages import Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

    from llm_strategy.flow import ChatRequest, Method
    from llm_strategy.messages import Reply

__all__ = ["LangchainChat"]

_FORM_WORDS = ("response_format", "json_schema", "json_object", "tool", "grammar", "schema")


class LangchainChat:
    """Answers requests with a langchain chat model.

    It remembers which structured-output methods the server behind the model has turned down, so that a method is tried
    in vain only once.
    """

    def __init__(self, model: BaseChatModel) -> None:
        self.model = model
        """The langchain model."""
        self._dialect = dialect_of(model)
        self._turned_down: frozenset[Method] = frozenset()

    @property
    def name(self) -> str:
        """The model's own name where it has one, else its class."""
        own = getattr(self.model, "model_name", None) or getattr(self.model, "model", None)
        return str(own) if isinstance(own, str) and own else type(self.model).__name__

    @property
    def profile(self) -> Profile:
        """What the model can do, without what its server has turned down."""
        if not self._turned_down:
            return self._dialect.profile
        return Profile(tuple(way for way in self._dialect.profile.methods if way not in self._turned_down))

    def reply(self, request: ChatRequest) -> Reply:
        """Answer the request. Raises TransportError, UnsupportedError."""
        arguments = self._arguments(request)
        with self._failures(request):
            return reply_of(self.model.invoke(to_langchain(request.messages), **arguments))

    async def areply(self, request: ChatRequest) -> Reply:
        """Answer the request. Raises TransportError, UnsupportedError."""
        arguments = self._arguments(request)
        with self._failures(request):
            return reply_of(await self.model.ainvoke(to_langchain(request.messages), **arguments))

    def stream(self, request: ChatRequest) -> Iterator[Chunk]:
        """Answer piece by piece. Raises TransportError, UnsupportedError."""
        arguments = self._arguments(request)
        with self._failures(request):
            for piece in self.model.stream(to_langchain(request.messages), **arguments):
                yield _chunk(piece)

    async def astream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece. Raises TransportError, UnsupportedError."""
        arguments = self._arguments(request)
        with self._failures(request):
            async for piece in self.model.astream(to_langchain(request.messages), **arguments):
                yield _chunk(piece)

    def _arguments(self, request: ChatRequest) -> dict[str, Any]:
        return {**request.sampling.arguments(), **self._dialect.arguments(self.model, request.output)}

    @contextmanager
    def _failures(self, request: ChatRequest) -> Iterator[None]:
        try:
            yield
        except LLMStrategyError:
            raise
        except Exception as error:
            raise self._failure(error, request) from error

    def _failure(self, error: Exception, request: ChatRequest) -> LLMStrategyError:
        said = " ".join(str(error).split())[:500] or "no message"
        status = getattr(error, "status_code", None)
        method = request.output.method
        if status in {400, 404, 422} and method != "prompt" and any(word in said for word in _FORM_WORDS):
            self._turned_down |= {method}
            return UnsupportedError(
                f"Model {self.name!r} turned the structured-output method {method!r} down: {said}. "
                "Choose another one with method=..., such as 'prompt'."
            )
        if "<html" in said.lower() or "<!doctype" in said.lower() or "Unexpected response type" in said:
            return NotAModelError(
                f"What answers for model {self.name!r} is no chat model: {said}. Check its base URL; a proxy or a login "
                "page may stand in between."
            )
        return TransportError(f"Model {self.name!r} gave no reply: {type(error).__name__}: {said}", status=status)


def _chunk(piece: AIMessage | BaseMessage) -> Chunk:
    calls = getattr(piece, "tool_call_chunks", None) or ()
    metadata = piece.response_metadata
    finish = metadata.get("finish_reason") or metadata.get("stop_reason") or metadata.get("done_reason")
    return Chunk(
        text=text_of(piece.content) + "".join(call["args"] or "" for call in calls),
        finish_reason=str(finish) if finish else None,
        refusal=piece.additional_kwargs.get("refusal") or None,
        usage=usage_of(piece),  # type: ignore[arg-type]  # chunks of a chat model are AI messages
    )
