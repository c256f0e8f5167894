"""Spans of a trace inside another one reach the OpenTelemetry processors of that one as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import SpanProcessor
from typing_extensions import override

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

__all__ = ["LentProcessor"]


class LentProcessor(SpanProcessor):
    """Passes spans on to a processor of the trace around, which goes on when this trace ends."""

    def __init__(self, processor: SpanProcessor) -> None:
        self._processor = processor

    @override
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self._processor.on_start(span, parent_context)

    @override
    def on_end(self, span: ReadableSpan) -> None:
        self._processor.on_end(span)
