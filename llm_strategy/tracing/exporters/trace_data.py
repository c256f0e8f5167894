"""A trace as data for other programs: what `llm-strategy trace show --json` writes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.plain_data import plain_data
from llm_strategy.tracing.exporters.terminal_rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.tracing.exporters.terminal_rows import TreeView
    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["chats_data", "span_data", "trace_data"]

_CONTENT = frozenset(
    {
        semconv.ARGUMENTS,
        semconv.CODE,
        semconv.CODE_OUTPUT,
        semconv.EXCEPTION_MESSAGE,
        semconv.EXCEPTION_STACK,
        semconv.INPUT_MESSAGES,
        semconv.OUTPUT_MESSAGES,
        semconv.RESULT,
        semconv.TOOL_ARGUMENTS,
        semconv.TOOL_RESULT,
    }
)


def trace_data(trace: RecordedTrace, view: TreeView) -> dict[str, Any]:
    """Return a trace with the spans that fit a view, from the top of the tree down.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> from llm_strategy.tracing.exporters.terminal_rows import TreeView
    >>> data = trace_data(sample_trace(1), TreeView(depth=1))
    >>> [span["kind"] for span in data["spans"]], data["totals"]["cost"]
    (['session', 'function'], 1.95e-05)
    """
    nodes = [node for row in rows_of(trace.tree(), view) for node in row.left_out or (row.node,)]
    return {
        "id": plain_data(trace.id),
        "name": plain_data(trace.name),
        "path": None if trace.path is None else str(trace.path),
        "totals": {**asdict(trace.totals), "cost": trace.totals.cost},
        "scores": plain_data(trace.scores),
        "spans": [span_data(node.span, content=view.content) for node in nodes if not node.missing],
    }


def span_data(span: SpanRecord, *, content: bool = True) -> dict[str, Any]:
    """Return a span, in the form of a line of a trace file; with or without what models were told and said."""
    data: dict[str, Any] = {name: getattr(span, name) for name in type(span).__slots__}
    data["message"] = span.message if content else ""
    data["attributes"] = _kept(span.attributes, content=content)
    data["events"] = [
        {"name": event.name, "time": event.time, "attributes": _kept(event.attributes, content=content)}
        for event in span.events
    ]
    return plain_data(data)  # type: ignore[no-any-return]


def chats_data(trace: RecordedTrace) -> list[dict[str, Any]]:
    """Return the messages of a trace, those that several conversations begin with once; `after` is a place in the list.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> [(one["role"], one["after"]) for one in chats_data(sample_trace(2))]
    [('system', None), ('user', 0), ('assistant', 1), ('user', 0), ('assistant', 3)]
    """
    found: list[dict[str, Any]] = []
    last: list[int] = []
    for top in trace.chats():
        for depth, node in top.walk():
            del last[depth:]
            told = {"role": node.role, "content": node.content if node.captured else None, "reply": node.reply}
            found.append(plain_data({**told, "after": last[-1] if last else None, "spans": node.spans}))
            last.append(len(found) - 1)
    return found


def _kept(attributes: Mapping[str, Any], *, content: bool) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if content or name not in _CONTENT}
