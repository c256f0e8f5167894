"""Conversion between our messages and langchain's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from llm_strategy.messages import Message, Reply, Role, ToolCall, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["from_langchain", "reply_of", "text_of", "to_langchain", "usage_of"]

_ROLES: dict[str, Role] = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}


def to_langchain(messages: Iterable[Message]) -> list[BaseMessage]:
    """Return langchain's form of a conversation."""
    return [_to_langchain(message) for message in messages]


def _to_langchain(message: Message) -> BaseMessage:
    if message.role == "user":
        return HumanMessage(content=message.content)
    if message.role == "system":
        return SystemMessage(content=message.content)
    if message.role == "tool":
        return ToolMessage(content=message.content, tool_call_id=message.tool_call_id)
    calls = [{"name": call.name, "args": _arguments(call), "id": call.id} for call in message.tool_calls]
    return AIMessage(content=message.content, tool_calls=calls)


def _arguments(call: ToolCall) -> dict[str, Any]:
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        return {}
    return arguments if isinstance(arguments, dict) else {}


def from_langchain(message: BaseMessage) -> Message:
    """Return our form of one of langchain's messages."""
    role = _ROLES.get(message.type, "user")
    calls = _tool_calls(message) if isinstance(message, AIMessage) else ()
    return Message(role, text_of(message.content), calls, getattr(message, "tool_call_id", "") or "")


def _tool_calls(message: AIMessage) -> tuple[ToolCall, ...]:
    whole = [
        ToolCall(call["name"], json.dumps(call["args"], ensure_ascii=False), call["id"] or "")
        for call in message.tool_calls
    ]
    damaged = [
        ToolCall(call["name"] or "", call["args"] or "", call["id"] or "") for call in message.invalid_tool_calls
    ]
    return (*whole, *damaged)


def text_of(content: Any) -> str:
    """Return the text of a message's content, without reasoning and other blocks.

    >>> text_of([{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "yes"}])
    'yes'
    """
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "".join(
        block if isinstance(block, str) else str(block.get("text", ""))
        for block in blocks
        if isinstance(block, str) or block.get("type") == "text"
    )


def _refusal(message: AIMessage) -> str | None:
    refusal = message.additional_kwargs.get("refusal")
    if refusal or not isinstance(message.content, list):
        return refusal or None
    blocks = (block for block in message.content if isinstance(block, dict))
    return next((str(block.get("refusal")) for block in blocks if block.get("type") == "refusal"), None)


def reply_of(message: AIMessage) -> Reply:
    """Return our form of a model's answer, with how it ended and what it cost."""
    metadata: Mapping[str, Any] = message.response_metadata
    finish = metadata.get("finish_reason") or metadata.get("stop_reason") or metadata.get("done_reason")
    return Reply(
        message=from_langchain(message),
        finish_reason=str(finish) if finish else None,
        refusal=_refusal(message),
        usage=usage_of(message) or Usage(),
        model=str(metadata.get("model_name") or metadata.get("model") or ""),
    )


def usage_of(message: AIMessage) -> Usage | None:
    """Return the tokens that a message reports, if it does."""
    usage = message.usage_metadata
    if usage is None:
        return None
    cached = usage.get("input_token_details", {}).get("cache_read", 0)
    reasoning = usage.get("output_token_details", {}).get("reasoning", 0)
    return Usage(usage["input_tokens"], usage["output_tokens"], cached or 0, reasoning or 0)
