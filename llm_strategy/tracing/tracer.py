"""Spans on the OpenTelemetry SDK: a private provider for each session, or the user's own."""

from __future__ import annotations

import logging
import secrets
from inspect import signature
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.recording import is_open_here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span, TracerProvider

    from llm_strategy.tracing.open_span import OpenSpan
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["Tracer"]

_SCOPE = "llm_strategy"
_LOG = logging.getLogger("llm_strategy.tracing")


class Tracer:
    """Opens and closes the spans of a session on the SDK.

    The private provider is never made the global one, and nothing of its context is seen by other instrumentation.
    Where it would have no processor, nobody could see its spans: there is none then, and spans only get their ids.
    With the user's provider, spans are children of whatever span of the user is open, and the user's own are children
    of ours.

    Where the SDK is switched off (`OTEL_SDK_DISABLED`), or a sampler of the user drops spans, nothing is exported by
    OpenTelemetry; the record of the session stays whole.

    Raises:
        ConfigurationError: processors are given for a provider that has its own.
    """

    def __init__(
        self,
        provider: TracerProvider | None = None,
        processors: Sequence[SpanProcessor] = (),
        around: Sequence[SpanProcessor] = (),
    ) -> None:
        from opentelemetry import context, trace

        if provider is not None and processors:
            raise ConfigurationError(
                "trace(provider=..., processors=...): the provider has processors of its own. Add them there, with "
                "provider.add_span_processor(...)."
            )
        self._context = context
        self._trace = trace
        self.processors = (*processors, *around)
        """What gets the spans of the private provider: those of a trace around get them too."""
        self.is_private = provider is None
        """Whether the provider is our own, and not the user's."""
        self._private = _private_provider(processors, around) if self.is_private and self.processors else None
        chosen: Any = self._private or provider
        self._tracer = None if chosen is None else chosen.get_tracer(_SCOPE)
        self._warned = False
        self._alone = context.Context()

    def start(self, span: OpenSpan) -> tuple[Span, str, str]:
        """Open a span, under the span around it; return it with the ids of its trace and of itself.

        A provider that is switched off gives no ids, or those of the span around: then they are made here.
        """
        if self._tracer is None:
            return self._numbered(span)
        kind = self._trace.SpanKind.CLIENT if span.kind == "chat" else self._trace.SpanKind.INTERNAL
        around = self._around(span)
        try:
            otel = self._tracer.start_span(span.name, around, kind, start_time=span.start)
        except Exception as error:  # noqa: BLE001 (a trace must not break what it looks at)
            self._failed(error)
            otel = self._trace.INVALID_SPAN
        known = otel.get_span_context()
        own = secrets.token_hex(8) if self._is_of(known.span_id, around) else f"{known.span_id:016x}"
        if span.parent is not None:
            return otel, span.parent.trace, own
        return otel, f"{known.trace_id:032x}" if known.is_valid else secrets.token_hex(16), own

    def _numbered(self, span: OpenSpan) -> tuple[Span, str, str]:
        """Give a span its ids, which is all there is to do where nobody looks."""
        trace = secrets.token_hex(16) if span.parent is None else span.parent.trace
        own = secrets.token_hex(8)
        sampled = self._trace.TraceFlags(self._trace.TraceFlags.SAMPLED)
        known = self._trace.SpanContext(int(trace, 16), int(own, 16), is_remote=False, trace_flags=sampled)
        return self._trace.NonRecordingSpan(known), trace, own

    def _is_of(self, span_id: int, around: Context) -> bool:
        """Whether an id is none, or that of the span around."""
        if not span_id or self.is_private:
            return not span_id
        return span_id == self._trace.get_current_span(around).get_span_context().span_id

    def _around(self, span: OpenSpan) -> Context:
        """Return what the span stands in: with our own provider nothing foreign, with the user's what is open there.

        What is open there is the parent, or a span of the user's own inside it. Only a parent that was never made the
        open one has to be named.
        """
        parent = span.parent
        if self.is_private:
            return self._alone if parent is None else self._trace.set_span_in_context(parent.otel, self._alone)
        here = self._context.get_current()
        if parent is None or parent.session.tracer is not self or is_open_here(parent):
            return here
        return self._trace.set_span_in_context(parent.otel, here)

    def attach(self, otel: Span) -> object:
        """Make a span the open one of OpenTelemetry, with the user's provider."""
        return None if self.is_private else self._context.attach(self._trace.set_span_in_context(otel))

    def detach(self, token: Any) -> None:
        """Undo `attach`."""
        if token is not None:
            self._context.detach(token)

    def end(self, otel: Span, record: SpanRecord) -> None:
        """Close a span with all that is known of it."""
        if self._tracer is None:
            return
        try:
            self._end(otel, record)
        except Exception as error:  # noqa: BLE001 (a trace must not break what it looks at)
            self._failed(error)

    def _end(self, otel: Span, record: SpanRecord) -> None:
        if otel.is_recording():
            otel.update_name(record.name)
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
            try:
                self._private.shutdown()
            except Exception as error:  # noqa: BLE001 (a trace must not break what it looks at)
                self._failed(error)

    def _failed(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            _LOG.warning("A span processor of OpenTelemetry failed with %s: %s", type(error).__name__, error)


def _private_provider(processors: Sequence[SpanProcessor], around: Sequence[SpanProcessor]) -> Any:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    from llm_strategy.tracing.lent_processor import LentProcessor
    from llm_strategy.tracing.span_ids import SpanIds

    # Our own capture limits what is kept; the SDK would drop attributes silently, at limits from the environment.
    limits = dict.fromkeys(signature(SpanLimits).parameters, SpanLimits.UNSET)
    provider = TracerProvider(
        sampler=ALWAYS_ON,
        resource=Resource({"service.name": "llm-strategy"}),
        shutdown_on_exit=False,
        id_generator=SpanIds(),
        span_limits=SpanLimits(**limits),
    )

    for processor in (*processors, *map(LentProcessor, around)):
        provider.add_span_processor(processor)
    return provider
