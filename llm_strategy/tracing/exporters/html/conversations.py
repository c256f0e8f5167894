"""Conversations as they stand in a page: the chats of each prompt, and all of them merged into trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_strategy.tracing.chats import ChatNode
    from llm_strategy.tracing.exporters.html.spans import Forest
    from llm_strategy.tracing.exporters.html.texts import Texts
    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["merged_rows", "prompts_of"]


def prompts_of(forest: Forest) -> list[list[Any]]:
    """Return `[place of the prompt, [places of its chats]]` for each prompt that was sent.

    A chat outside of any prompt stands for itself.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> from llm_strategy.tracing.exporters.html.spans import Forest
    >>> [len(chats) for _, chats in prompts_of(Forest.of(sample_trace(3)))]
    [1, 1, 2]
    """
    prompt: dict[str, int] = {}
    chats: dict[int, list[int]] = {}
    for place, node in enumerate(forest.nodes):
        around = prompt.get(node.span.span)
        if node.span.kind == "prompt":
            around = place
        if node.span.kind == "chat":
            chats.setdefault(place if around is None else around, []).append(place)
        if around is not None:
            prompt.update((child.span.span, around) for child in node.children)
    return [[place, found] for place, found in chats.items()]


def merged_rows(trace: RecordedTrace, forest: Forest, texts: Texts) -> list[list[Any]]:
    """Return the merged conversations as `[parent, role, text, [chats], flags]`, a message before what followed it.

    Flags: 1 where a model said it in the trace, 2 where a request ended there with an error, 4 where nobody knows what
    was said.
    """
    rows: list[list[Any]] = []
    waiting = [(-1, node) for node in reversed(trace.chats())]
    while waiting:
        parent, node = waiting.pop()
        places = [forest.places[span] for span in node.spans if span in forest.places]
        waiting.extend((len(rows), child) for child in reversed(node.children))
        rows.append([parent, texts.number(node.role), texts.number(node.content), places, _flags(node)])
    return rows


def _flags(node: ChatNode) -> int:
    return (1 if node.reply else 0) + (2 if node.failures else 0) + (0 if node.captured else 4)
