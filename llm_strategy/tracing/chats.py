"""Conversations of a trace, merged: what several of them begin with stands there once, branches are children."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.tracing.records import SpanRecord

__all__ = ["ChatNode", "merged_chats"]


@dataclass(frozen=True, slots=True)
class ChatNode:
    """One message of a conversation, with those that followed it."""

    role: str
    """Who speaks."""
    content: str
    """The text of the turn; for a call of a tool, its arguments."""
    spans: list[str] = field(default_factory=list[str])
    """Ids of the chat spans in which the message was said or sent."""
    children: list[ChatNode] = field(default_factory=list["ChatNode"])
    """What came next, each continuation once."""


def merged_chats(spans: Iterable[SpanRecord]) -> tuple[ChatNode, ...]:
    """Return the conversations of a trace, as trees."""
    raise NotImplementedError
