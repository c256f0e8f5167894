"""Recorded spans as spans of the OpenTelemetry SDK, which its exporters take."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from llm_strategy.errors import TraceFileError
from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.openinference import openinference_attributes
from llm_strategy.tracing.exporters.plain_data import plain_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.records import EventRecord, SpanRecord

__all__ = ["readable_spans"]
_CODES = {"unset": StatusCode.UNSET, "ok": StatusCode.OK, "error": StatusCode.ERROR}
_SERVICE = "llm-strategy"
_LONGEST_INTEGER = 63


def readable_spans(
    trace: RecordedTrace, *, resource: Mapping[str, str], openinference: bool = False
) -> Iterator[ReadableSpan]:
    """Yield the spans of a trace for the exporters of OpenTelemetry.

    Args:
        trace: what was recorded.
        resource: attributes of the program, beside `OTEL_RESOURCE_ATTRIBUTES`.
        openinference: add the names of OpenInference.

    Raises:
        TraceFileError: an id is not one that OpenTelemetry can hold.
    """
    made = Resource.create({SERVICE_NAME: _SERVICE, **_from_environment(), **resource})
    last = max((time for span in trace.spans for time in (span.start, span.end or 0)), default=0)
    scope = InstrumentationScope("llm_strategy")
    for span in trace.spans:
        more = openinference_attributes(span) if openinference else {}
        if span.end is None:
            more[semconv.UNFINISHED] = True
        yield ReadableSpan(
            span.name or "span",
            context=_context(span.trace, span.span),
            parent=None if span.parent is None else _context(span.trace, span.parent),
            resource=made,
            attributes=_attributes({**span.attributes, **more}),
            events=[_event(event) for event in span.events],
            kind=SpanKind.CLIENT if span.kind == "chat" else SpanKind.INTERNAL,
            status=_status(span),
            start_time=span.start,
            end_time=max(span.start, last if span.end is None else span.end),
            instrumentation_scope=scope,
        )


def _from_environment() -> dict[str, str]:
    """Return the name of the service where the environment gives one: `Resource.create` would let ours win."""
    found = Resource.create().attributes.get(SERVICE_NAME, "")
    return {} if not isinstance(found, str) or found.startswith("unknown_service") else {SERVICE_NAME: found}


def _context(trace: str, span: str) -> SpanContext:
    try:
        context = SpanContext(int(trace, 16), int(span, 16), is_remote=False, trace_flags=TraceFlags(1))
    except ValueError:
        context = None
    if context is None or not context.is_valid:
        raise TraceFileError(
            f"The span {span!r} of the trace {trace!r} has no valid id: OpenTelemetry wants 32 hexadecimal digits for "
            "a trace and 16 for a span, not all of them zero."
        )
    return context


def _status(span: SpanRecord) -> Status:
    code = _CODES[span.status]
    return Status(code, _encodable(span.message) or None) if code is StatusCode.ERROR else Status(code)


def _event(event: EventRecord) -> Event:
    return Event(_encodable(event.name) or "event", _attributes(event.attributes), event.time)


def _attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {_encodable(str(name)): _value(value) for name, value in attributes.items() if value is not None}


def _value(value: Any) -> Any:
    """Return a value that an attribute may have: plain, or a sequence of plain values of one type."""
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if value.bit_length() <= _LONGEST_INTEGER else str(value)
    if isinstance(value, str):
        return _encodable(value)
    if isinstance(value, list | tuple):
        items: list[Any] = [*cast("list[Any]", value)]
        kinds: set[type[object]] = {type(one) for one in items}
        if len(kinds) <= 1 and kinds <= {bool, int, float, str}:
            return _of_one_type([_value(one) for one in items])
    return json.dumps(plain_data(value))


def _of_one_type(values: list[Any]) -> tuple[Any, ...]:
    """Return values as they were, or as texts where some numbers are too large to be sent as numbers."""
    kinds: set[type[object]] = {type(one) for one in values}
    return tuple(map(str, values) if len(kinds) > 1 else values)


def _encodable(text: str) -> str:
    """Return a text that has bytes: halves of surrogate pairs become question marks."""
    return text.encode("utf-8", "replace").decode()
