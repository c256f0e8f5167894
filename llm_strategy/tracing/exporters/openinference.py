"""The names of OpenInference beside those of OpenTelemetry: with them Phoenix shows messages, tokens and kinds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llm_strategy.tracing import semconv
from llm_strategy.tracing.chats import merged_chats

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llm_strategy.tracing.chats import ChatNode
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["openinference_attributes"]

_KINDS = {"session": "CHAIN", "function": "CHAIN", "prompt": "CHAIN", "attempt": "CHAIN", "step": "CHAIN"} | {
    "chat": "LLM",
    "tool": "TOOL",
    "code": "TOOL",
}
_INPUTS = (semconv.ARGUMENTS, semconv.TOOL_ARGUMENTS, semconv.CODE, semconv.INPUT_MESSAGES)
_OUTPUTS = (semconv.RESULT, semconv.TOOL_RESULT, semconv.CODE_OUTPUT, semconv.OUTPUT_MESSAGES)
_PLAIN = frozenset({semconv.CODE, semconv.CODE_OUTPUT})
"""What is never JSON, even where it looks like it."""
_COPIED = {
    "llm.model_name": (semconv.RESPONSE_MODEL, semconv.REQUEST_MODEL),
    "llm.provider": (semconv.PROVIDER,),
    "llm.token_count.prompt": (semconv.INPUT_TOKENS,),
    "llm.token_count.completion": (semconv.OUTPUT_TOKENS,),
    "llm.token_count.prompt_details.cache_read": (semconv.CACHED_TOKENS,),
    "llm.token_count.completion_details.reasoning": (semconv.REASONING_TOKENS,),
    "llm.cost.total": (semconv.COST,),
    "tool.name": (semconv.TOOL_NAME,),
}
_SETTINGS = {"temperature": semconv.TEMPERATURE, "max_tokens": semconv.MAX_TOKENS, "seed": semconv.SEED}


def openinference_attributes(span: SpanRecord) -> dict[str, Any]:
    """Return what OpenInference calls the attributes of a span.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> chat = next(span for span in sample_trace(1).spans if span.kind == "chat")
    >>> openinference_attributes(chat)["llm.token_count.total"]
    150
    """
    found: dict[str, Any] = {"openinference.span.kind": _KINDS[span.kind]}
    for name, ours in _COPIED.items():
        found.update((name, span.attributes[one]) for one in ours[-1:] + ours[:1] if one in span.attributes)
    given, got = span.number(semconv.INPUT_TOKENS), span.number(semconv.OUTPUT_TOKENS)
    if given is not None and got is not None:
        found["llm.token_count.total"] = int(given + got)
    found.update(_value("input", span, _INPUTS))
    found.update(_value("output", span, _OUTPUTS))
    settings = {name: span.attributes[ours] for name, ours in _SETTINGS.items() if ours in span.attributes}
    if settings:
        found["llm.invocation_parameters"] = json.dumps(settings)
    if span.kind == "chat":
        found.update(_messages(span))
    return found


def _value(side: str, span: SpanRecord, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    name = next((one for one in names if span.text(one)), None)
    if name is not None:
        yield f"{side}.value", span.text(name)
        is_json = name not in _PLAIN and span.data(name) is not None
        yield f"{side}.mime_type", "application/json" if is_json else "text/plain"


def _messages(span: SpanRecord) -> Iterator[tuple[str, str]]:
    """Yield the messages of a chat, numbered, as they were sent and as they came."""
    sent: list[ChatNode] = []
    said: list[ChatNode] = []
    for top in merged_chats([span]):
        for _, node in top.walk():
            if node.captured:
                (said if node.reply else sent).append(node)
    for side, nodes in (("input", sent), ("output", said)):
        for number, node in enumerate(nodes):
            yield f"llm.{side}_messages.{number}.message.role", node.role
            yield f"llm.{side}_messages.{number}.message.content", node.content
