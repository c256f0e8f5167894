"""Spans as they stand in a page: short rows, in the order of the tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.html.lanes import ends_of, rows_of
from llm_strategy.tracing.exporters.html.messages import messages_of
from llm_strategy.tracing.usage import usage_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.tracing.exporters.html.texts import Texts
    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.records import EventRecord
    from llm_strategy.tracing.sums import Sums
    from llm_strategy.tracing.tree import TreeNode

__all__ = ["Forest"]


@dataclass(frozen=True, slots=True)
class Forest:
    """The spans of a trace from the top down, with what a page shows of each."""

    nodes: Sequence[TreeNode]
    """Every node before its children."""
    places: dict[str, int]
    """Place of a span among the nodes, by id."""
    usage: dict[str, Sums]
    """Sums over a span and all inside it, by id."""
    began: int
    """The first moment, in nanoseconds since 1970."""
    ended: int
    """The last moment that is known."""

    @classmethod
    def of(cls, trace: RecordedTrace) -> Forest:
        """Put the spans of a trace in order; one without spans gives none."""
        nodes = [node for _, node in trace.tree().walk()] if trace.spans else []
        moments = [moment for node in nodes for moment in _moments(node)]
        return cls(
            nodes,
            {node.span.span: place for place, node in enumerate(nodes)},
            usage_of(nodes),
            min(moments, default=0),
            max(moments, default=0),
        )

    def rows(self, texts: Texts) -> list[list[Any]]:
        """Return one row for each span; `model.js` knows what stands where."""
        parents = {child.span.span: place for place, node in enumerate(self.nodes) for child in node.children}
        ends = ends_of(self.nodes, self.ended)
        lanes = rows_of(self.nodes, ends)
        return [
            [parents.get(node.span.span, -1), lanes[node.span.span], *self._row(node, ends[node.span.span], texts)]
            for node in self.nodes
        ]

    def _row(self, node: TreeNode, covered: int, texts: Texts) -> list[Any]:
        span = node.span
        end = covered if node.missing else span.end
        asked, said = (messages_of(span, name, texts) for name in (semconv.INPUT_MESSAGES, semconv.OUTPUT_MESSAGES))
        found = {semconv.INPUT_MESSAGES: asked, semconv.OUTPUT_MESSAGES: said}
        shown = {semconv.KIND, *(name for name, messages in found.items() if messages is not None)}
        return [
            span.span,
            span.kind,
            texts.number(span.name),
            self._when(span.start),
            None if end is None else max(0, self._when(end) - self._when(span.start)),
            {"unset": 0, "ok": 1, "error": 2}[span.status],
            texts.number(span.message),
            texts.attributes({name: value for name, value in span.attributes.items() if name not in shown}),
            [self._event(event, texts) for event in span.events],
            _sums(self.usage[span.span]),
            asked,
            said,
        ]

    def _event(self, event: EventRecord, texts: Texts) -> list[Any]:
        return [texts.number(event.name), self._when(event.time), texts.attributes(event.attributes)]

    def _when(self, moment: int) -> int:
        """Return microseconds since the trace began."""
        return (moment - self.began) // 1000


def _sums(sums: Sums) -> list[float]:
    counted = [sums.chats, sums.retries, sums.errors, sums.cache_hits, sums.input_tokens, sums.output_tokens]
    return [*counted, sums.unmeasured, sums.known_cost, sums.unpriced]


def _moments(node: TreeNode) -> list[int]:
    span = node.span
    return [span.start, *(event.time for event in span.events), *([] if span.end is None else [span.end])]
