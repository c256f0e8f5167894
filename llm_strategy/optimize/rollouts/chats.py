"""The conversations of a run, out of its spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.optimize.rollouts.record import ChatRecord, TurnRecord
from llm_strategy.tracing import semconv
from llm_strategy.tracing.chats import merged_chats

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llm_strategy.tracing.chats import ChatNode
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["chats_of"]


def chats_of(spans: Sequence[SpanRecord]) -> list[ChatRecord]:
    """Return each conversation once, whole; one that others continue is a part of them.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> first, second, *_ = chats_of(sample_trace(2).spans)
    >>> [turn["role"] for turn in first["turns"]], first["failed"]
    (['system', 'user', 'assistant'], False)
    """
    by_id = {span.span: span for span in spans}
    return [
        _record(turns, by_id)
        for tree in merged_chats(spans)
        for turns in _ways(tree)
        if any(one.captured for one in turns)
    ]


def _ways(tree: ChatNode) -> Iterator[list[ChatNode]]:
    """Yield the ways from the first message to the last ones."""
    way: list[ChatNode] = []
    for depth, node in tree.walk():
        way[depth:] = [node]
        if not node.children:
            yield list(way)


def _record(turns: list[ChatNode], spans: Mapping[str, SpanRecord]) -> ChatRecord:
    last = turns[-1]
    said = [TurnRecord(role=node.role, content=node.content) for node in turns if node.captured]
    return ChatRecord(function=_function(last.spans[0], spans), turns=said, failed=not last.reply)


def _function(span: str, spans: Mapping[str, SpanRecord]) -> str:
    """Return the function whose conversation it is: the nearest one around."""
    here = spans.get(span)
    while here is not None and here.kind != "function":
        here = None if here.parent is None else spans.get(here.parent)
    return "" if here is None else here.text(semconv.FUNCTION)
