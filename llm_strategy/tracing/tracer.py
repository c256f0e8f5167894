"""Spans on the OpenTelemetry SDK: a private provider for each session, or the user's own."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span, TracerProvider

    from llm_strategy.tracing.open_span import OpenSpan
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["Tracer"]

_SCOPE = "llm_strategy"


class Tracer:
    """Opens and closes the spans of a session on the SDK.

    The private provider is never made the global one, and nothing of its context is seen by other instrumentation. With
    the user's provider, spans are children of whatever span of the user is open, and the user's own are children of
    ours.
    """

    def __init__(self, provider: TracerProvider | None = None, processors: Sequence[SpanProcessor] = ()) -> None:
        from opentelemetry import context, trace

        self._context = context
        self._trace = trace
        self._private = _private_provider(processors) if provider is None else None
        chosen: Any = self._private or provider
        if self._private is None and processors:
            for processor in processors:
                chosen.add_span_processor(processor)
        self._seen = self._private is None or bool(processors)
        """Whether anybody but the session looks at the spans: attributes that nobody reads are not set twice."""
        self._tracer = chosen.get_tracer(_SCOPE)

    def start(self, span: OpenSpan) -> Span:
        """Open a span, under the span around it."""
        kind = self._trace.SpanKind.CLIENT if span.kind == "chat" else self._trace.SpanKind.INTERNAL
        if span.parent is not None:
            around = self._trace.set_span_in_context(span.parent.otel, self._surrounding())
        else:
            around = self._surrounding()
        return self._tracer.start_span(span.name, around, kind, start_time=span.start)

    def _surrounding(self) -> Any:
        """The user's context with the user's provider; with our own none, so that no foreign span is a parent."""
        return self._context.Context() if self._private else self._context.get_current()

    def ids(self, otel: Span, span: OpenSpan) -> tuple[str, str]:
        """Return the ids of trace and span; made here where a provider that is switched off gives none."""
        known = otel.get_span_context()
        if known.is_valid:
            return f"{known.trace_id:032x}", f"{known.span_id:016x}"
        return span.parent.trace if span.parent else secrets.token_hex(16), secrets.token_hex(8)

    def attach(self, otel: Span) -> object:
        """Make a span the open one of OpenTelemetry, with the user's provider."""
        return None if self._private else self._context.attach(self._trace.set_span_in_context(otel))

    def detach(self, token: Any) -> None:
        """Undo `attach`."""
        if token is not None:
            self._context.detach(token)

    def end(self, otel: Span, record: SpanRecord) -> None:
        """Close a span with all that is known of it."""
        if self._seen and otel.is_recording():
            otel.set_attributes(record.attributes)
            for event in record.events:
                otel.add_event(event.name, event.attributes, event.time)
            codes = self._trace.StatusCode
            if record.failed:
                otel.set_status(codes.ERROR, record.message)
            elif record.status == "ok":
                otel.set_status(codes.OK)
        otel.end(record.end)

    def close(self) -> None:
        """Let the processors of the private provider finish; the user's provider is the user's."""
        if self._private is not None:
            self._private.shutdown()


def _private_provider(processors: Sequence[SpanProcessor]) -> Any:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        raise ConfigurationError(
            "OTEL_SDK_DISABLED=true switches the OpenTelemetry SDK off, and traces are made with it. Unset it, or "
            "leave out the trace."
        )
    unset = SpanLimits.UNSET  # our own capture limits what is kept; the SDK would drop attributes silently
    provider = TracerProvider(
        sampler=ALWAYS_ON,
        resource=Resource({"service.name": "llm-strategy"}),
        shutdown_on_exit=False,
        span_limits=SpanLimits(unset, unset, unset, unset, unset, unset, unset),
    )
    for processor in processors:
        provider.add_span_processor(processor)
    return provider
