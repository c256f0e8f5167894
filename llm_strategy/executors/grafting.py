"""Spans that a worker recorded, as a part of the trace of the process that began the work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.tracing.open_span import OpenSpan
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["graft", "trace_options"]


def trace_options(around: OpenSpan) -> dict[str, Any]:
    """Return how a worker has to record what becomes a part of a trace."""
    session = around.session
    capture = session.capture
    return {
        "directory": None,
        "content": capture.content,
        "max_characters": capture.max_characters,
        "redact": capture.redact,
        "secrets": tuple(capture.secrets.known),
        "prices": dict(session.prices.table),
        "wandb": None,
    }


def graft(spans: Iterable[SpanRecord], around: OpenSpan) -> None:
    """Make the spans of a worker children of the span that is open here; its session is left out, not those inside it.

    Exporters of OpenTelemetry that look on while spans are open do not see them.
    """
    roots = {span.span for span in spans if span.kind == "session" and span.parent is None}
    for span in spans:
        if span.span in roots:
            continue
        parent = around.id if span.parent in roots else span.parent
        for session in around.session.concerned:
            session.take(replace(span, trace=around.trace, parent=parent))
