"""A chat model that says what a test tells it to."""
# ruff: noqa: ARG002 (langchain calls these methods with more than they need)

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field, PrivateAttr

from llm_strategy.chat.transcript import from_langchain, text_of, to_langchain
from llm_strategy.errors import ReplayError
from llm_strategy.messages import Message

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun

__all__ = ["ScriptedModel"]

ScriptedReply: TypeAlias = str | Message | AIMessage | BaseException
Script: TypeAlias = Sequence[ScriptedReply] | Callable[[list[BaseMessage]], ScriptedReply]


class ScriptedModel(BaseChatModel):
    """A langchain chat model with its replies written beforehand.

    A reply is a text, a turn with calls of tools (`Message("assistant", "", (ToolCall("now", "{}"),))`), a whole
    `AIMessage` (for refusals, finish reasons), or an error to raise. Instead of a list, a function of the messages may
    be given. Every conversation that was asked is kept in `asked`, the arguments of the calls in `arguments`. Safe to
    share between threads.

    >>> model = ScriptedModel(["Hello.", "Bye."])
    >>> model.invoke("Hi!").content, model.invoke("Ciao!").content
    ('Hello.', 'Bye.')

    Raises:
        ReplayError: it is asked more often than it has replies.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    replies: Any
    """Replies in order, or a function of the messages."""
    llm_strategy_methods: tuple[str, ...] = ("prompt",)
    """Structured-output methods that it claims to support, best first."""
    chunk_characters: int = Field(default=8, ge=1)
    """Length of a piece when it streams."""
    asked: list[list[BaseMessage]] = Field(default_factory=list[list[BaseMessage]])
    """Every conversation so far, in order."""
    arguments: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    """The call arguments of each."""
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def __init__(self, replies: Script = (), **fields: Any) -> None:
        if isinstance(replies, str):  # a text is a sequence of texts, and hardly meant as one
            replies = [replies]
        fields["replies"] = replies if callable(replies) else list(replies)
        super().__init__(**fields)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @property
    def llm_strategy_identity(self) -> dict[str, Any]:
        """What caches and journals tell it from others by: its `name`, not its script, which a test may change."""
        return {"class": "ScriptedModel", "name": self.name or ""}

    def _next(self, messages: list[BaseMessage], arguments: dict[str, Any]) -> AIMessage:
        with self._lock:
            number = len(self.asked)
            self.asked.append(list(messages))
            self.arguments.append(arguments)
        reply = self._reply(messages, number)
        if isinstance(reply, BaseException):
            raise reply
        if isinstance(reply, AIMessage):
            return reply
        turn = Message.assistant(reply) if isinstance(reply, str) else reply
        message = cast("AIMessage", to_langchain([turn])[0])
        message.response_metadata = {"finish_reason": "tool_calls" if turn.tool_calls else "stop"}
        return message

    def _reply(self, messages: list[BaseMessage], number: int) -> ScriptedReply:
        if callable(self.replies):
            return cast("ScriptedReply", self.replies(messages))
        if number < len(self.replies):
            return cast("ScriptedReply", self.replies[number])
        raise ReplayError(
            f"ScriptedModel has {len(self.replies)} replies and was asked {number + 1} times. The last message was "
            f"{str(messages[-1].content)[:200]!r}. Add a reply, or look for a call too many."
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next(messages, kwargs))])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._generate(messages, **kwargs)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        yield from (ChatGenerationChunk(message=piece) for piece in self._pieces(self._next(messages, kwargs)))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for piece in self._pieces(self._next(messages, kwargs)):
            yield ChatGenerationChunk(message=piece)

    def _pieces(self, reply: AIMessage) -> Iterator[AIMessageChunk]:
        """Cut a reply: its text, then the arguments of its tool calls, then what comes with the end."""
        for piece in self._cut(text_of(reply.content)):
            yield AIMessageChunk(content=piece)
        for number, call in enumerate(from_langchain(reply).tool_calls):
            head = tool_call_chunk(name=call.name, args="", id=call.id, index=number)
            yield AIMessageChunk(content="", tool_call_chunks=[head])
            for piece in self._cut(call.arguments):
                yield AIMessageChunk(content="", tool_call_chunks=[tool_call_chunk(args=piece, index=number)])
        yield AIMessageChunk(
            content="",
            response_metadata=reply.response_metadata,
            additional_kwargs=reply.additional_kwargs,
            usage_metadata=reply.usage_metadata,
        )

    def _cut(self, text: str) -> Iterator[str]:
        for start in range(0, len(text), self.chunk_characters):
            yield text[start : start + self.chunk_characters]
