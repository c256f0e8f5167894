"""Recorded traces over OTLP, the protocol of OpenTelemetry: to Phoenix, MLflow, Weave, Langfuse, Jaeger and others.

Spans are sent with the exporter of the OpenTelemetry project, with the ids, times, attributes, events and errors that
were recorded. What it leaves open is checked here: a server that redirects, answers with a page for people, or takes
only a part of the spans has not got the trace.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from llm_strategy.errors import ConfigurationError, MissingExtraError, TransportError
from llm_strategy.tracing.exporters.otlp_spans import readable_spans
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["OTLPTarget", "export_over_otlp", "traces_endpoint"]

_PATH = "/v1/traces"
_MOST_SPANS = 512
_MOST_CHARACTERS = 2_000_000
"""Of all texts in a request: servers refuse what is much larger than some megabytes."""


@dataclass(frozen=True, slots=True)
class OTLPTarget:
    """Where spans are sent, and how."""

    endpoint: str
    """URL; one without a path gets `/v1/traces`."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Headers of each request: a key, say."""
    resource: Mapping[str, str] = field(default_factory=dict[str, str])
    """Attributes of the program that was traced; `service.name` is `llm-strategy` unless it is given."""
    timeout: float = 30.0
    """Seconds that a request may take, attempts to repeat it included."""
    gzip: bool = True
    """Whether requests are compressed."""
    openinference: bool = False
    """Whether spans carry the names of OpenInference as well."""


def export_over_otlp(traces: Iterable[RecordedTrace], target: OTLPTarget) -> int:
    """Send the spans of traces, and return how many there were.

    Raises:
        MissingExtraError: the exporter of OpenTelemetry is not installed.
        ConfigurationError: the endpoint is no URL.
        TraceFileError: a trace has ids that OpenTelemetry cannot hold.
        TransportError: the server did not answer, or did not take the spans; those sent before stay there.
    """
    endpoint = traces_endpoint(target.endpoint)
    sent = 0
    with _sending(endpoint, target) as send:
        for trace in traces:
            spans = readable_spans(trace, resource=target.resource, openinference=target.openinference)
            for batch in _batches(spans):
                send(batch, sent)
                sent += len(batch)
    return sent


def traces_endpoint(endpoint: str) -> str:
    """Return the URL to which spans are sent.

    Raises:
        ConfigurationError: it is no URL of HTTP.

    >>> traces_endpoint("http://localhost:6006")
    'http://localhost:6006/v1/traces'
    """
    try:
        parts = urlsplit(endpoint)
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        parts, valid = None, False
    if parts is None or not valid:
        raise ConfigurationError(
            f"--otlp {endpoint!r} is no URL. Write one such as 'http://localhost:4318' or 'https://HOST/otel/v1/traces'."
        )
    return urlunsplit(parts._replace(path=_PATH)) if parts.path in {"", "/"} else endpoint


@contextmanager
def _sending(endpoint: str, target: OTLPTarget) -> Generator[Callable[[Sequence[ReadableSpan], int], None]]:
    """Open the exporter; what it gives sends a batch, knowing how many spans went before."""
    try:
        from opentelemetry.exporter.otlp.proto.http import Compression
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        from llm_strategy.tracing.exporters.otlp_answers import CheckedSession
    except ImportError as error:
        raise MissingExtraError("otlp", "Sending traces over OTLP") from error
    session = CheckedSession()
    exporter = OTLPSpanExporter(
        endpoint=endpoint,
        headers=dict(target.headers),
        timeout=target.timeout,
        compression=Compression.Gzip if target.gzip else Compression.NoCompression,
        session=session,
    )

    def send(batch: Sequence[ReadableSpan], before: int) -> None:
        session.problem = ""
        taken = exporter.export(batch).name == "SUCCESS" and not session.problem
        if not taken:
            raise TransportError(_told(endpoint, session.problem, before), status=session.status)

    with _quiet(logging.getLogger("opentelemetry.exporter")):
        try:
            yield send
        finally:
            exporter.shutdown()  # type: ignore[no-untyped-call]


def _told(endpoint: str, problem: str, before: int) -> str:
    shown = printable_line(urlunsplit(urlsplit(endpoint)._replace(query="", netloc=_host(endpoint))))
    went = f" {before:,} spans were sent before." if before else ""
    return f"The trace was not taken by {shown!r}: {problem or 'it did not answer in time'}.{went}"


def _host(endpoint: str) -> str:
    return urlsplit(endpoint).netloc.rpartition("@")[2]  # what stands before it may be a password


@contextmanager
def _quiet(logger: logging.Logger) -> Generator[None]:
    """Keep what the exporter logs off the terminal: it is told once, in an error."""
    before = logger.propagate, logger.level
    logger.propagate, logger.level = False, logging.CRITICAL + 1
    try:
        yield
    finally:
        logger.propagate, logger.level = before


def _batches(spans: Iterable[ReadableSpan]) -> Iterator[list[ReadableSpan]]:
    batch: list[ReadableSpan] = []
    size = 0
    for span in spans:
        characters = _characters(span)
        if batch and (len(batch) >= _MOST_SPANS or size + characters > _MOST_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(span)
        size += characters
    if batch:
        yield batch


def _characters(span: ReadableSpan) -> int:
    values = [
        *(span.attributes or {}).values(),
        *(one for event in span.events for one in (event.attributes or {}).values()),
    ]
    return sum(len(value) if isinstance(value, str) else 16 for value in values)
