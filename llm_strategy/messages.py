"""What is said between a caller and a chat model, as frozen values.

A *message* is one turn, a *reply* is what a model said with how it ended, a *chunk* is a piece of a streamed reply.
They are plain data: they can be compared, hashed, written as JSON, and shared by any number of chains.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Self

__all__ = ["Attachment", "Chunk", "Message", "Reply", "Role", "ToolCall", "Usage", "is_encodable"]

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to call a tool."""

    name: str
    """Name of the tool, as the model wrote it."""
    arguments: str
    """The arguments as JSON text, exactly as they came: they may be damaged."""
    id: str = ""
    """The provider's id of the call, to be repeated in the answer to it."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something that is no text, in a turn of the caller: its bytes, or where the provider finds them."""

    kind: Literal["image", "audio", "file"]
    """What it is."""
    media_type: str
    """Its type, such as `image/png`."""
    data: bytes = b""
    """Its bytes, where they are sent along."""
    url: str = ""
    """Its address, where the provider fetches it."""
    name: str = ""
    """Name of the file, where there is one."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    >>> Message.user("Who wrote Faust?").role
    'user'
    """

    role: Role
    """Who speaks."""
    content: str = ""
    """The text of the turn."""
    tool_calls: tuple[ToolCall, ...] = ()
    """Calls of tools, in an assistant's turn."""
    tool_call_id: str = ""
    """The call that a tool's turn answers."""
    attachments: tuple[Attachment, ...] = ()
    """What stands in the turn besides the text, in the order in which the text speaks of it."""
    fences: tuple[str, ...] = ()
    """The marks around what is not trusted in the text, which nobody can guess; empty where all of it is trusted."""

    @classmethod
    def system(cls, content: str) -> Self:
        """Return an instruction that stands above the conversation."""
        return cls("system", content)

    @classmethod
    def user(cls, content: str) -> Self:
        """Return a turn of the caller."""
        return cls("user", content)

    @classmethod
    def assistant(cls, content: str) -> Self:
        """Return a turn of the model."""
        return cls("assistant", content)

    @classmethod
    def tool(cls, content: str, call_id: str) -> Self:
        """Return what a tool gave, as the answer to the call with this id."""
        return cls("tool", content, tool_call_id=call_id)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a reply cost; sums with `+`."""

    input_tokens: int = 0
    """Tokens of the prompt, cached ones included."""
    output_tokens: int = 0
    """Tokens of the reply, reasoning included."""
    cached_input_tokens: int = 0
    """Tokens of the prompt that the provider, or the local runtime, had in its cache."""
    reasoning_tokens: int = 0
    """Tokens of hidden reasoning within `output_tokens`."""

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_input_tokens + other.cached_input_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said, and how it ended."""

    message: Message
    """The model's turn."""
    finish_reason: str | None = None
    """Why the model stopped, in the provider's word (`stop`, `length`, `content_filter`, ...)."""
    refusal: str | None = None
    """The model's words where it declined through a channel of its own."""
    usage: Usage = field(default_factory=Usage)
    """Tokens that this reply cost; all zero where the provider does not say."""
    model: str = ""
    """Name of the model that answered, where the provider says so."""
    id: str = ""
    """The provider's id of the reply."""
    cached: bool = False
    """Whether it came out of a cache: nobody was asked, and it cost nothing."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a streamed reply."""

    text: str = ""
    """The next characters: of the content, or of the arguments of a call."""
    finish_reason: str | None = None
    """Set on the last piece that has one."""
    refusal: str | None = None
    """The next characters of a refusal."""
    usage: Usage | None = None
    """Set on the piece that carries the bill."""
    model: str = ""
    """Name of the model that answers, on a piece that says so."""
    cached: bool = False
    """Whether it came out of a cache."""
    tool: str = ""
    """Name of the tool that is called, on the first piece of a call."""
    call: int = 0
    """The call that the text belongs to, from 1 in the order of their beginnings; 0 for the content."""
    call_id: str = ""
    """The provider's id of a call, on its first piece."""


def is_encodable(text: str) -> bool:
    """Return whether a text can be sent: a lone surrogate has no bytes, and is written by its escape instead.

    >>> is_encodable("text"), is_encodable(chr(0xD83D))
    (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
