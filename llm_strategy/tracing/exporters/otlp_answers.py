"""What a server answers to spans: the exporter of OpenTelemetry takes any status below 400 for success."""

from __future__ import annotations

import json
from typing import Any

import requests
from google.protobuf.message import DecodeError  # type: ignore[import-untyped, unused-ignore]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from llm_strategy.tracing.printable import printable_line

__all__ = ["CheckedSession", "problem_of"]


class _NotThereError(Exception):
    """Nobody listens there. The exporter tries again on errors of connections that it knows, and so not on this one."""


class CheckedSession(requests.Session):
    """A session of HTTP that notes what was wrong with the last answer, and that goes nowhere else than it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.problem = ""
        """What was wrong; empty where the spans were taken."""
        self.status: int | None = None
        """The status of the last answer."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request, once."""
        options["allow_redirects"] = False
        self.status = None
        try:
            response = super().send(request, **options)
        except requests.RequestException as error:
            self.problem, absent = _reason(error)
            if absent:
                raise _NotThereError(self.problem) from error
            raise
        self.status = response.status_code
        self.problem = problem_of(response)
        return response


def problem_of(response: requests.Response) -> str:
    """Return why an answer does not mean that all spans were taken; empty where it does."""
    status, kind = response.status_code, response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if 300 <= status < 400:
        where = printable_line(response.headers.get("location", "nowhere"))
        return f"it answered {status} and sends on to {where!r}; name that URL if you trust it"
    if status >= 400:
        body = printable_line(response.content[:1000].decode("utf-8", "replace"))
        return f"it answered {status} {printable_line(response.reason or '')}{f': {body}' if body else ''}"
    if kind == "text/html":
        return f"it answered {status} with an HTML page. Is the path right?"
    return _rejected(response.content, kind)


def _rejected(body: bytes, kind: str) -> str:
    rejected, message = 0, ""
    try:
        if kind == "application/x-protobuf":
            partial = ExportTraceServiceResponse.FromString(body).partial_success
            rejected, message = partial.rejected_spans, partial.error_message
        elif kind == "application/json":
            told = json.loads(body or b"{}").get("partialSuccess", {})
            rejected, message = int(told.get("rejectedSpans", 0)), str(told.get("errorMessage", ""))
    except (DecodeError, ValueError, TypeError, AttributeError):
        return f"it answered with what is no answer of OTLP ({kind}). Is the path right?"
    return f"it rejected {rejected:,} spans: {printable_line(message) or 'no reason given'}" if rejected > 0 else ""


def _reason(error: requests.RequestException) -> tuple[str, bool]:
    """Return why there was no answer, and whether nobody is there at all."""
    inner: BaseException | None = error
    causes: list[BaseException] = []
    while inner is not None and inner not in causes:
        causes.append(inner)
        inner = inner.__cause__ or inner.__context__
    if isinstance(error, requests.exceptions.SSLError):
        return f"no safe connection: {printable_line(str(causes[-1]))}", True
    if isinstance(error, requests.exceptions.Timeout):
        return "it did not answer in time", False
    system = next((one for one in reversed(causes) if isinstance(one, OSError) and one.strerror), None)
    absent = isinstance(system, ConnectionRefusedError) or type(system).__name__ == "gaierror"
    return f"no connection ({system.strerror if system else type(error).__name__})", absent
