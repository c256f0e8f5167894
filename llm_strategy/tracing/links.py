"""Which span is inside which one, also where a damaged file says that one is inside itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.tracing.records import SpanRecord

__all__ = ["parents_of"]


def parents_of(spans: Sequence[SpanRecord]) -> dict[str, str]:
    """Return the id of the parent of each span that has one; the parent need not be among them.

    Where spans are inside one another in a circle, the first of them to begin has no parent.

    Args:
        spans: each of them once.
    """
    parents = {span.span: span.parent for span in spans if span.parent is not None}
    place = {span.span: (span.start, index) for index, span in enumerate(spans)}
    settled: set[str] = set()
    for span in spans:
        way: dict[str, None] = {}  # a set that keeps its order
        here: str | None = span.span
        while here is not None and here not in settled and here not in way:
            way[here] = None
            here = parents.get(here)
        if here is not None and here in way:
            steps = list(way)
            circle = steps[steps.index(here) :]
            del parents[min(circle, key=place.__getitem__)]
        settled.update(way)
    return parents
