"""A trace in the form of Chrome's trace events, which Perfetto, `chrome://tracing` and speedscope open.

Spans are complete events. What runs at the same time as its siblings goes to a lane (a "thread") of its own, so that
the spans of each lane lie inside one another or side by side, as the viewers demand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from llm_strategy.tracing.exporters.figures import clipped
from llm_strategy.tracing.exporters.plain_data import plain_data
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.records import SpanRecord
    from llm_strategy.tracing.tree import TreeNode

__all__ = ["chrome_events", "chrome_json"]

_PROCESS = 1
_LONGEST = 2000
"""Characters of a text that are kept: viewers show them in one small pane."""


def chrome_json(trace: RecordedTrace) -> str:
    """Return a trace as a file that the viewers open.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> document = json.loads(chrome_json(sample_trace(1)))
    >>> sorted({event["ph"] for event in document["traceEvents"]})
    ['M', 'X', 'i']
    """
    told = {"trace": plain_data(trace.id), "began": min((span.start for span in trace.spans), default=0)}
    document = {"traceEvents": chrome_events(trace), "displayTimeUnit": "ms", "otherData": told}
    return json.dumps(document, allow_nan=False, separators=(",", ":"))


def chrome_events(trace: RecordedTrace) -> list[dict[str, Any]]:
    """Return the events of a trace: names of process and lanes, then spans and their events in order of time.

    Times are microseconds since the first span began. A span without an end lasts until the last time that the trace
    tells of, and has the argument `running`.
    """
    placed = list(_placed(trace))
    zero = min((one.span.start for one in placed), default=0)
    lanes = 1 + max((one.lane for one in placed), default=0)
    events = [one for place in placed for one in _events(place, zero)]
    return [*_names(trace, lanes), *sorted(events, key=lambda event: event["ts"])]


@dataclass(frozen=True, slots=True)
class _Place:
    span: SpanRecord
    end: int
    lane: int


@dataclass(slots=True)
class _Lane:
    """What is open in a lane at a moment, each with its end, the innermost last."""

    open: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    def takes(self, span: SpanRecord, end: int, around: str | None) -> bool:
        """Whether a span may stand here: directly inside the span around it, or where nothing is."""
        while self.open and self.open[-1][1] <= span.start:
            self.open.pop()
        return not self.open or (self.open[-1][0] == around and end <= self.open[-1][1])


def _placed(trace: RecordedTrace) -> Iterator[_Place]:
    """Yield each span with its end and its lane: that of the span around it if there is room, else the first free."""
    last = max((time for span in trace.spans for time in (span.start, span.end or 0)), default=0)
    nodes = [(node, around, depth) for node, around, depth in _with_parents(trace.tree()) if not node.missing]
    ends = {id(node): max(node.span.start, last if node.span.end is None else node.span.end) for node, _, _ in nodes}
    nodes.sort(key=lambda one: (one[0].span.start, -ends[id(one[0])], one[2]))
    lanes: list[_Lane] = []
    lane_of: dict[str, int] = {}
    for node, around, _ in nodes:
        span, end = node.span, ends[id(node)]
        lane = _lane_for(span, end, around, lanes, lane_of)
        lanes[lane].open.append((span.span, end))
        lane_of[span.span] = lane
        yield _Place(span, end, lane)


def _with_parents(tree: TreeNode) -> Iterator[tuple[TreeNode, str | None, int]]:
    """Yield each node with the id of the nearest recorded span around it, and its depth."""
    waiting: list[tuple[TreeNode, str | None, int]] = [(tree, None, 0)]
    while waiting:
        node, around, depth = waiting.pop()
        yield node, around, depth
        inner = around if node.missing else node.span.span
        waiting.extend((child, inner, depth + 1) for child in node.children)


def _lane_for(span: SpanRecord, end: int, around: str | None, lanes: list[_Lane], lane_of: dict[str, int]) -> int:
    preferred: list[int] = [] if around is None or around not in lane_of else [lane_of[around]]
    for number in chain(preferred, range(len(lanes))):
        if lanes[number].takes(span, end, around):
            return number
    lanes.append(_Lane())
    return len(lanes) - 1


def _events(place: _Place, zero: int) -> Iterator[dict[str, Any]]:
    span = place.span
    at = {"pid": _PROCESS, "tid": place.lane + 1, "cat": span.kind}
    ids = {"span": span.span, "parent": span.parent, "trace": span.trace}
    arguments = {**({"running": True} if span.end is None else {}), "status": span.status, **span.attributes, **ids}
    if span.message:
        arguments["message"] = span.message
    yield {
        "ph": "X",
        "name": printable_line(span.name) or "span",
        "ts": (span.start - zero) / 1000,
        "dur": (place.end - span.start) / 1000,
        **at,
        **({"cname": "terrible"} if span.failed else {}),
        "args": _cut(arguments),
    }
    for event in span.events:
        when = max(event.time - zero, 0) / 1000
        name = printable_line(event.name) or "event"
        yield {"ph": "i", "s": "t", "name": name, "ts": when, **at, "args": _cut(event.attributes)}


def _cut(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: _short(value) for name, value in plain_data(arguments).items()}


def _short(value: Any) -> Any:
    text = value if isinstance(value, str) else json.dumps(value)
    return clipped(text, _LONGEST) if len(text) > _LONGEST else value


def _names(trace: RecordedTrace, lanes: int) -> Iterator[dict[str, Any]]:
    yield {"ph": "M", "name": "process_name", "pid": _PROCESS, "args": {"name": printable_line(trace.name)}}
    for lane in range(1, lanes + 1):
        at = {"ph": "M", "pid": _PROCESS, "tid": lane}
        yield {**at, "name": "thread_name", "args": {"name": "main" if lane == 1 else f"at the same time {lane - 1}"}}
        yield {**at, "name": "thread_sort_index", "args": {"sort_index": lane}}
