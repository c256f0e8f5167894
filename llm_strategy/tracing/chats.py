"""Conversations of a trace, merged: what several of them begin with stands there once, branches are children.

Chat spans carry their messages as JSON in the form of the GenAI semantic conventions. What was not captured, or cannot
be read, is shown as a node without content: that something was said is known even where the words are not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.tracing import semconv
from llm_strategy.tracing.media_parts import told_media
from llm_strategy.tracing.records import distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llm_strategy.tracing.records import SpanRecord

__all__ = ["ChatNode", "merged_chats"]


@dataclass(frozen=True, slots=True)
class ChatNode:
    """One message of a conversation, with those that followed it."""

    role: str
    """Who speaks."""
    content: str
    """The text of the turn, then its calls of tools as `name(arguments)`, each on a line; empty where not captured."""
    spans: list[str] = field(default_factory=list[str])
    """Ids of the chat spans in which the message was said or sent, in order of time."""
    children: list[ChatNode] = field(default_factory=list["ChatNode"], repr=False)
    """What came next, each continuation once."""
    replies: list[str] = field(default_factory=list[str])
    """Ids of the chat spans in which a model said it."""
    failures: list[str] = field(default_factory=list[str])
    """Ids of the chat spans that sent it last and got no reply, because they failed."""
    tools: tuple[str, ...] = ()
    """Names of the tools that are called."""
    captured: bool = True
    """Whether the trace holds what was said; False makes an empty content mean that nobody knows."""

    @property
    def reply(self) -> bool:
        """Whether a model said it in this trace; an assistant's turn that was only sent along is none."""
        return bool(self.replies)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, ChatNode]]:
        """Yield the node and what followed it, each with its depth, one conversation after the other."""
        waiting: list[tuple[int, ChatNode]] = [(depth, self)]
        while waiting:
            level, node = waiting.pop()
            yield level, node
            waiting.extend((level + 1, child) for child in reversed(node.children))


def merged_chats(spans: Iterable[SpanRecord]) -> tuple[ChatNode, ...]:
    """Return the conversations of a trace, as trees.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> first, *_ = merged_chats(sample_trace(2).spans)
    >>> first.role, len(first.spans), [child.content for child in first.children]
    ('system', 2, ['article: a red bicycle 0', 'article: a red bicycle 1'])
    """
    start = _Place([])
    for span in sorted(distinct(spans), key=lambda span: span.start):
        if span.kind == "chat":
            _add(start, span)
    return tuple(start.children)


@dataclass(frozen=True, slots=True)
class _Said:
    role: str
    content: str
    tools: tuple[str, ...] = ()
    captured: bool = True


class _Place:
    """A place in the forest, where messages can follow."""

    def __init__(self, children: list[ChatNode], node: ChatNode | None = None) -> None:
        self.children = children
        self.node = node
        self._next: dict[_Said, _Place] = {}

    def after(self, said: _Said, span: SpanRecord) -> _Place:
        """Return the place after a message, which is made where nobody said it here before."""
        place = self._next.get(said) if said.captured else None  # two unknown messages need not be the same
        if place is None:
            node = ChatNode(said.role, said.content, tools=said.tools, captured=said.captured)
            self.children.append(node)
            place = self._next[said] = _Place(node.children, node)
        if place.node and place.node.spans[-1:] != [span.span]:
            place.node.spans.append(span.span)
        return place


def _add(place: _Place, span: SpanRecord) -> None:
    for said in _messages(span, semconv.INPUT_MESSAGES) or [_Said("user", "", captured=False)]:
        place = place.after(said, span)
    replies = _messages(span, semconv.OUTPUT_MESSAGES)
    if not replies and place.node and span.failed:
        place.node.failures.append(span.span)
    if not replies and span.end is not None and not span.failed:
        replies = [_Said("assistant", "", captured=False)]
    for said in replies:  # several of them are choices: branches, not turns
        node = place.after(said, span).node
        if node and node.replies[-1:] != [span.span]:
            node.replies.append(span.span)


def _messages(span: SpanRecord, name: str) -> list[_Said]:
    found = span.data(name)
    messages = cast("list[object]", found) if isinstance(found, list) else []
    return [_said(cast("dict[str, Any]", one)) for one in messages if isinstance(one, dict)]


def _said(message: dict[str, Any]) -> _Said:
    found = message.get("parts", message.get("content"))  # `content` stood there in early versions of the conventions
    if found is None:
        return _Said(str(message.get("role", "")), "", captured=False)
    parts = cast("list[object]", found) if isinstance(found, list) else [found]
    texts: list[str] = []
    tools: list[str] = []
    for part in parts:
        text, tool = _part(cast("dict[str, Any]", part)) if isinstance(part, dict) else (_text(part), None)
        texts += [] if text is None else [text]
        tools += [] if tool is None else [tool]
    captured = bool(texts) or not parts
    return _Said(str(message.get("role", "")), "\n".join(texts), tuple(tools), captured)


def _part(part: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return the text of a part, and the name of the tool that it calls; None for what is not there."""
    if part.get("type") == "tool_call":
        name = _text(part.get("name"))
        return f"{name}({_arguments(part.get('arguments'))})", name
    said = part.get("response", part.get("result")) if part.get("type") == "tool_call_response" else part.get("content")
    if said is None and part.get("type") not in {"text", "tool_call_response", None}:
        said = f"({told_media(part) or _text(part.get('type'))})"
    return (None if said is None else _text(said)), None


def _arguments(arguments: object) -> str:
    """Return arguments in one form: a model sends them as text, and some clients send them back as an object."""
    if not isinstance(arguments, str):
        return _text(arguments)
    try:
        return _text(json.loads(arguments)) if arguments else ""
    except (ValueError, RecursionError):
        return arguments


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    try:
        return "" if value is None else json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return "(too deep)"
