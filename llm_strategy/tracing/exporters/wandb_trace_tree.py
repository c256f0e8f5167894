"""The trace in the form that older workspaces of Weights & Biases draw as a timeline: `wb_trace_tree`.

A best effort: wandb still has the form, calls a part of it deprecated, and nobody promises that a server draws it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.records import SpanRecord
    from llm_strategy.tracing.tree import TreeNode

__all__ = ["trace_tree"]

_KINDS = {"chat": "LLM", "tool": "TOOL", "code": "TOOL", "session": "AGENT"}
_DEEPEST = 100
"""What lies deeper is left out: wandb goes through the tree by calls of calls."""


def trace_tree(trace: RecordedTrace) -> Any:
    """Return a trace as a `WBTraceTree`, with the ids that its spans have."""
    form = cast("Any", import_module("wandb.sdk.data_types.trace_tree"))
    return form.WBTraceTree(_span(form, trace.tree(), 0), {"_kind": "llm_strategy", **trace.hyperparameters})


def _span(form: Any, node: TreeNode, depth: int) -> Any:
    span = node.span
    inner = node.children if depth < _DEEPEST else []
    return form.Span(
        span_id=span.span,
        name=span.name or "missing",
        start_time_ms=span.start // 1_000_000,
        end_time_ms=(span.start if span.end is None else span.end) // 1_000_000,
        status_code="ERROR" if span.failed else "SUCCESS",
        status_message=span.message or None,
        attributes={name: value for name, value in span.attributes.items() if name not in _SHOWN},
        results=_results(form, span),
        child_spans=[_span(form, child, depth + 1) for child in inner] or None,
        span_kind=_KINDS.get(span.kind, "CHAIN"),
    )


_SHOWN = {
    semconv.INPUT_MESSAGES: semconv.OUTPUT_MESSAGES,
    semconv.ARGUMENTS: semconv.RESULT,
    semconv.TOOL_ARGUMENTS: semconv.TOOL_RESULT,
    semconv.CODE: semconv.CODE_OUTPUT,
}
"""What goes into a span, and what comes out of it."""


def _results(form: Any, span: SpanRecord) -> list[Any] | None:
    pairs = [(before, after) for before, after in _SHOWN.items() if {before, after} & span.attributes.keys()]
    results = [
        form.Result(
            {before: span.text(before)} if before in span.attributes else None,
            {after: span.text(after)} if after in span.attributes else None,
        )
        for before, after in pairs
    ]
    return results or None
