"""Spans of one trace or several, and what is inside which of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.tracing import semconv
from llm_strategy.tracing.links import parents_of
from llm_strategy.tracing.records import distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llm_strategy.tracing.records import SpanRecord

__all__ = ["Reading", "accesses_of"]


class Reading:
    """Spans in the order in which they began, and which of them are inside a span of interest."""

    def __init__(self, spans: Iterable[SpanRecord], *, owns: str) -> None:
        """Read spans.

        Args:
            spans: of one trace or several.
            owns: name of an attribute; a span that has it owns itself and what is inside it, down to the next one that
                has it as well.
        """
        self.spans: Sequence[SpanRecord] = sorted(distinct(spans), key=lambda span: span.start)
        known = {span.span: span for span in self.spans}
        self._parents = parents_of(self.spans)
        self._owners: dict[str, str] = {span.span: span.span for span in self.spans if owns in span.attributes}
        self._inside: dict[str, list[SpanRecord]] = {}
        self.free: list[SpanRecord] = []
        """Spans that nobody owns."""
        for span in self.spans:
            owner = self._owner(span.span, known)
            (self._inside.setdefault(owner, []) if owner else self.free).append(span)

    def inside(self, span: SpanRecord) -> Sequence[SpanRecord]:
        """Return what a span owns, itself first or among them, in the order in which it began."""
        return self._inside.get(span.span, ())

    def parent(self, span: SpanRecord) -> str:
        """Return the id of the span around one; '' where there is none."""
        return self._parents.get(span.span, "")

    def _owner(self, name: str, known: dict[str, SpanRecord]) -> str:
        """Return the id of the owner of a span, '' where it has none; each span is asked about once."""
        way: list[str] = []
        while name in known and name not in self._owners:
            way.append(name)
            name = self._parents.get(name, "")
        owner = self._owners.get(name, "")
        self._owners.update(dict.fromkeys(way, owner))
        return owner


def accesses_of(spans: Iterable[SpanRecord]) -> list[tuple[str, str]]:
    """Return the accesses to files in spans, each a path and what was done, in order of time."""
    events = [event for span in spans for event in span.events if event.name == semconv.FILE]
    return [
        (event.text(semconv.FILE_PATH), event.text(semconv.FILE_OPERATION))
        for event in sorted(events, key=lambda event: event.time)
        if event.text(semconv.FILE_PATH)
    ]
