"""Conversion between our messages and langchain's."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from llm_strategy.chat.calls import CallsSoFar
from llm_strategy.chat.completions import joined_to_calls
from llm_strategy.errors import InputError
from llm_strategy.messages import Chunk, Message, Reply, Role, ToolCall, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.messages import Attachment

__all__ = ["chunks_of", "from_langchain", "reply_of", "text_of", "to_langchain", "usage_of"]

_ROLES: dict[str, Role] = {
    "human": "user",
    "user": "user",
    "ai": "assistant",
    "assistant": "assistant",
    "model": "assistant",
    "system": "system",
    "developer": "system",
    "tool": "tool",
    "function": "tool",
}
_FILE_NAME = "document"
"""Name of a file that has none: some providers want one."""
_FINISH_REASONS = ("finish_reason", "stop_reason", "stopReason", "done_reason")


def to_langchain(messages: Iterable[Message]) -> list[BaseMessage]:
    """Return langchain's form of a conversation."""
    return [_to_langchain(message) for message in messages]


def _to_langchain(message: Message) -> BaseMessage:
    if message.role == "user":
        return HumanMessage(content=_blocks(message) if message.attachments else message.content)
    if message.role == "system":
        return SystemMessage(content=message.content)
    if message.role == "tool":
        return ToolMessage(content=message.content, tool_call_id=message.tool_call_id)
    whole: list[dict[str, Any]] = []
    damaged: list[dict[str, Any]] = []
    for call in message.tool_calls:
        arguments = _arguments(call)
        shared = {"name": call.name, "id": call.id}
        if arguments is None:
            damaged.append({**shared, "args": call.arguments, "error": None, "type": "invalid_tool_call"})
        else:
            whole.append({**shared, "args": arguments, "type": "tool_call"})
    return AIMessage(content=message.content, tool_calls=whole, invalid_tool_calls=damaged)


def _blocks(message: Message) -> list[Any]:
    """The text and what stands beside it, in langchain's standard blocks, which it turns into those of a provider."""
    return [{"type": "text", "text": message.content}, *map(_block, message.attachments)]


def _block(attachment: Attachment) -> dict[str, Any]:
    block: dict[str, Any] = {"type": attachment.kind}
    if attachment.media_type:
        block["mime_type"] = "audio/mp3" if attachment.media_type == "audio/mpeg" else attachment.media_type
    if attachment.url:
        return {**block, "url": attachment.url}
    block["base64"] = base64.b64encode(attachment.data).decode()
    if attachment.kind == "file":
        block["filename"] = attachment.name or _FILE_NAME
    return block


def _arguments(call: ToolCall) -> dict[str, Any] | None:
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        return None
    return cast("dict[str, Any]", arguments) if isinstance(arguments, dict) else None


def from_langchain(message: BaseMessage) -> Message:
    """Return our form of one of langchain's messages.

    Raises:
        InputError: a turn that the model is to read holds something else than text, such as an image.
    """
    role = _ROLES.get(_speaker(message), "user")
    if role != "assistant":
        _check_text(message)
    calls = _tool_calls(message) if isinstance(message, AIMessage) else ()
    return Message(role, text_of(message.content), calls, getattr(message, "tool_call_id", "") or "")


def _speaker(message: BaseMessage) -> str:
    """Who speaks, in langchain's word; a piece of a streamed message says so by its class only."""
    if message.type.endswith("MessageChunk"):
        return message.type.removesuffix("MessageChunk").lower()
    return str(getattr(message, "role", message.type)).lower()


def _check_text(message: BaseMessage) -> None:
    blocks = message.content if isinstance(message.content, list) else []
    for block in blocks:
        if isinstance(block, dict) and block.get("type") != "text":
            raise InputError(
                f"A {message.type!r} message holds a block of type {block.get('type')!r}, and a chain holds text only. "
                "Send the text, or ask the langchain model itself."
            )


def _tool_calls(message: AIMessage) -> tuple[ToolCall, ...]:
    whole = [
        ToolCall(call["name"], json.dumps(call["args"], ensure_ascii=False), call["id"] or "")
        for call in message.tool_calls
    ]
    damaged = [
        ToolCall(call["name"] or "", call["args"] or "", call["id"] or "") for call in message.invalid_tool_calls
    ]
    return (*whole, *damaged)


def text_of(content: str | list[Any]) -> str:
    """Return the text of a message's content, without reasoning and other blocks.

    >>> text_of([{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "yes"}])
    'yes'
    """
    if isinstance(content, str):
        return content
    return "".join(
        block if isinstance(block, str) else str(block.get("text", "")) for block in content if _is_text(block)
    )


def _is_text(block: Any) -> bool:
    return isinstance(block, str) or block.get("type") == "text"


def _refusal(message: AIMessage) -> str | None:
    refusal = message.additional_kwargs.get("refusal")
    if refusal or isinstance(message.content, str):
        return str(refusal) if refusal else None
    blocks = [block for block in message.content if isinstance(block, dict) and block.get("type") == "refusal"]
    return "".join(str(block.get("refusal") or "") for block in blocks) or None


def reply_of(message: AIMessage) -> Reply:
    """Return our form of a model's answer, with how it ended and what it cost."""
    metadata: dict[str, Any] = message.response_metadata
    cached = _is_cached(message)
    return Reply(
        message=from_langchain(message),
        finish_reason=_finish_reason(message),
        refusal=_refusal(message),
        usage=Usage() if cached else usage_of(message) or Usage(),
        model=_model_name(message),
        id=str(metadata.get("id") or message.id or ""),
        cached=cached,
    )


def _model_name(message: AIMessage) -> str:
    metadata: dict[str, Any] = message.response_metadata
    return str(metadata.get("model_name") or metadata.get("model") or "")


def _is_cached(message: AIMessage) -> bool:
    """Whether langchain had the answer in its cache: it marks the usage of such a message as free of cost."""
    usage = cast("dict[str, Any]", message.usage_metadata or {})
    return usage.get("total_cost") == 0


def chunks_of(piece: AIMessage, so_far: CallsSoFar | None = None) -> tuple[Chunk, ...]:
    """Return our form of a piece of a streamed answer; a model that does not stream gives one whole message.

    `so_far` are the calls of tools in the pieces before it.
    """
    cached = _is_cached(piece)
    said = Chunk(
        text=text_of(piece.content),
        finish_reason=_finish_reason(piece),
        refusal=_refusal(piece),
        usage=None if cached else usage_of(piece),
        model=_model_name(piece),
        cached=cached,
    )
    return joined_to_calls(said, _pieces_of_calls(piece, so_far or CallsSoFar()))


def _pieces_of_calls(piece: AIMessage, so_far: CallsSoFar) -> list[Chunk]:
    if not isinstance(piece, AIMessageChunk):
        calls = enumerate(_tool_calls(piece), 1)
        return [Chunk(call.arguments, tool=call.name, call=number, call_id=call.id) for number, call in calls]
    pieces: list[Chunk] = []
    for part in piece.tool_call_chunks:
        number, begun = so_far.place(part["index"], part["id"] or "", part["name"] or "")
        pieces.append(Chunk(part["args"] or "", tool=begun, call=number, call_id=(part["id"] or "") if begun else ""))
    return pieces


def _finish_reason(message: AIMessage) -> str | None:
    """Why the model stopped, wherever the provider puts it."""
    metadata: dict[str, Any] = message.response_metadata
    cut: dict[str, Any] = metadata.get("incomplete_details") or {}
    reason = cut.get("reason") or next((metadata[key] for key in _FINISH_REASONS if metadata.get(key)), None)
    return str(reason) if reason else None


def usage_of(message: AIMessage) -> Usage | None:
    """Return the tokens that a message reports, if it does."""
    usage = message.usage_metadata
    if usage is None:
        return None
    cached = (usage.get("input_token_details") or {}).get("cache_read")
    reasoning = (usage.get("output_token_details") or {}).get("reasoning")
    return Usage(usage["input_tokens"], usage["output_tokens"], cached or 0, reasoning or 0)
