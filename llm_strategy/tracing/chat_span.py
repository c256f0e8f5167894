"""What is said on the span of a request to a model: the leaf that carries tokens and cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import TransportError
from llm_strategy.messages import is_encodable
from llm_strategy.tracing import semconv
from llm_strategy.tracing.media_parts import media_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from llm_strategy.messages import Message, Reply
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["chat_span", "note_failure", "note_messages", "note_reply", "note_tools"]

_ERRORS = 400
"""From this status on an answer is an error."""
_LANGCHAIN_IDS = ("run-", "lc_")
"""What ids begin with that no provider gave."""

_ENCODED = json.JSONEncoder(ensure_ascii=False).encode


def chat_span(parent: OpenSpan, model: str, provider: str, sampling: Mapping[str, Any]) -> OpenSpan:
    """Open the span of a request."""
    span = parent.child("chat", f"chat {model}")
    span.mark(semconv.OPERATION, "chat")
    span.mark(semconv.REQUEST_MODEL, model)
    if provider:
        span.mark(semconv.PROVIDER, provider)
    for name, value in sampling.items():
        span.set(f"gen_ai.request.{name}", value)
    return span


def note_messages(span: OpenSpan, messages: Iterable[Message]) -> None:
    """Note what is sent."""
    if span.session.capture.content:
        turns = [{"role": message.role, "parts": _parts(span, message)} for message in messages]
        span.written(semconv.INPUT_MESSAGES, _json(turns))


def note_tools(span: OpenSpan, tools: Sequence[Mapping[str, Any]]) -> None:
    """Note what tools are offered, where some are."""
    if tools and span.session.capture.content:
        told = [{"type": "function", **tool} for tool in tools]
        span.written(semconv.TOOL_DEFINITIONS, span.clean(_json(told)))


def note_reply(span: OpenSpan, reply: Reply) -> None:
    """Note what came, and what it cost. A reply out of a cache cost nothing, and nobody was asked."""
    if span.session.capture.content:
        parts = _parts(span, reply.message)
        if reply.refusal:
            parts.append({"type": "refusal", "content": span.clean(reply.refusal)})
        turn = {"role": reply.message.role, "parts": parts, "finish_reason": reply.finish_reason or ""}
        span.written(semconv.OUTPUT_MESSAGES, _json([turn]))
    if reply.finish_reason:
        span.set(semconv.FINISH_REASONS, (reply.finish_reason,))
    if reply.model:
        span.set(semconv.RESPONSE_MODEL, reply.model)
    if reply.id and not reply.id.startswith(_LANGCHAIN_IDS):
        span.set(semconv.RESPONSE_ID, reply.id)
    if reply.cached:
        span.set(semconv.CACHE_HIT, value=True)
    else:
        _note_usage(span, reply)


def note_failure(span: OpenSpan, error: BaseException) -> None:
    """Note what a request cost that the server answered with an error: nothing. Of any other failure nobody knows."""
    if isinstance(error, TransportError) and error.status is not None and error.status >= _ERRORS:
        for name in (semconv.INPUT_TOKENS, semconv.OUTPUT_TOKENS, semconv.COST):
            span.set(name, 0)


def _note_usage(span: OpenSpan, reply: Reply) -> None:
    usage, known = reply.usage, span.attributes
    if not (usage.input_tokens or usage.output_tokens):
        return  # it was not told, and then its cost is not known either
    for name, tokens in (
        (semconv.INPUT_TOKENS, usage.input_tokens),
        (semconv.OUTPUT_TOKENS, usage.output_tokens),
        (semconv.CACHED_TOKENS, usage.cached_input_tokens or None),
        (semconv.REASONING_TOKENS, usage.reasoning_tokens or None),
    ):
        span.set(name, tokens)
    names = tuple(name for name in (reply.model, known.get(semconv.REQUEST_MODEL)) if name)
    span.set(semconv.COST, span.session.prices.cost(names, usage, known.get(semconv.PROVIDER, "")))


def _parts(span: OpenSpan, message: Message) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if message.role == "tool":
        return [{"type": "tool_call_response", "id": message.tool_call_id, "response": span.clean(message.content)}]
    if message.content or not message.tool_calls:
        parts.append({"type": "text", "content": span.clean(message.content)})
    parts.extend(media_part(attachment, span.clean) for attachment in message.attachments)
    for call in message.tool_calls:
        arguments = span.clean(call.arguments)
        parts.append({"type": "tool_call", "id": call.id, "name": span.clean(call.name), "arguments": arguments})
    return parts


def _json(turns: list[dict[str, Any]]) -> str:
    text = _ENCODED(turns)
    return text if is_encodable(text) else json.dumps(turns)
