"""A span that is open: what is known of it so far, on the OpenTelemetry SDK and for the session's own record."""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING, Any

from llm_strategy.hyperparameters import stamp
from llm_strategy.tracing import semconv
from llm_strategy.tracing.records import EventRecord, SpanRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.trace import Span

    from llm_strategy.tracing.records import Kind, Status
    from llm_strategy.tracing.session import Session

__all__ = ["OpenSpan"]

_WITH_STACK = frozenset({"session", "function", "step", "tool", "code"})
"""Levels at which the stack of an error is worth its length: the ones below fail as a matter of course."""
_NAMED_BY_USERS = frozenset({"session", "step", "tool"})
_WITH_HYPERPARAMETERS = frozenset({"session", "function"})


class OpenSpan:
    """One span under way.

    What is set here goes through the session's capture first: secrets never reach a span, and long texts are cut.
    """

    __slots__ = (
        "_attributes",
        "_began",
        "_events",
        "_otel",
        "id",
        "kind",
        "name",
        "parent",
        "session",
        "start",
        "trace",
    )

    def __init__(
        self,
        session: Session,
        parent: OpenSpan | None,
        kind: Kind,
        name: str,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        self.session = session
        """Where it is recorded."""
        self.parent = parent
        """The span around it."""
        self.kind = kind
        """Its level."""
        self.name = session.capture.clean(name) if kind in _NAMED_BY_USERS else name
        """What it is, for people."""
        self.start = time.time_ns()
        """When it began, in nanoseconds since 1970."""
        self._began = time.perf_counter_ns()
        self._attributes: dict[str, Any] = {semconv.KIND: kind}
        self._events: list[EventRecord] = []
        self._otel: Span = session.tracer.start(self)
        self.trace, self.id = session.tracer.ids(self._otel, self)
        """Ids of the trace and of the span, in hexadecimal digits."""
        self._stamp()
        for key, value in (attributes or {}).items():
            self.set(key, value)
        session.began(self)

    @property
    def otel(self) -> Span:
        """The span of the OpenTelemetry SDK."""
        return self._otel

    def child(self, kind: Kind, name: str, attributes: Mapping[str, Any] | None = None) -> OpenSpan:
        """Open a span inside this one."""
        return OpenSpan(self.session, self, kind, name, attributes)

    def set(self, key: str, value: Any) -> None:
        """Set an attribute: a text, a number, a truth value, or a sequence of one of these; None sets nothing."""
        if value is not None:
            self._attributes[key] = self._told(value)

    def mark(self, key: str, value: str | float) -> None:
        """Set an attribute to a word or a number of the library's own."""
        self._attributes[key] = value

    def text(self, key: str, value: str) -> None:
        """Set an attribute that holds content: a text that is left out where content is not captured."""
        if self.session.capture.content:
            self.set(key, value)

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What is known so far."""
        return self._attributes

    def clean(self, text: str) -> str:
        """Return a text as it may stand in the span: without secrets, and cut where it is too long."""
        told, dropped = self.session.capture.text(text)
        if dropped:
            self._attributes[semconv.DROPPED] = self._attributes.get(semconv.DROPPED, 0) + dropped
        return told

    def written(self, key: str, text: str) -> None:
        """Set an attribute to a text that was made of clean ones."""
        self._attributes[key] = text

    def whole(self, key: str, value: str) -> None:
        """Set an attribute that is of no use when it is cut: without secrets, at its full length."""
        self._attributes[key] = self.session.capture.clean(value)

    def data(self, key: str, value: object) -> None:
        """Set an attribute that holds content, as JSON."""
        if self.session.capture.content:
            self._attributes[key] = self.session.capture.data(value)

    def event(self, name: str, attributes: Mapping[str, Any]) -> None:
        """Note that something happened now."""
        told = {key: self._told(value) for key, value in attributes.items() if value is not None}
        self._events.append(EventRecord(name, self._now(), told))

    def attach(self) -> object:
        """Make this the open span of OpenTelemetry as well, where the user's own provider is in use."""
        return self.session.tracer.attach(self._otel)

    def detach(self, token: object) -> None:
        """Undo `attach`."""
        self.session.tracer.detach(token)

    def leave(self, error: BaseException | None) -> None:
        """End the span as the code inside it ended: with a value, with an error, or because nobody waits any more."""
        if error is None:
            self.end()
        elif isinstance(error, Exception):
            self.fail(error)
        else:  # a closed iterator, a cancelled task, Ctrl-C
            self.set(semconv.CANCELLED, value=True)
            self.end("unset", type(error).__name__)

    def fail(self, error: BaseException) -> None:
        """End the span with an error."""
        kind, words = type(error).__name__, ""
        self.set(semconv.ERROR_TYPE, kind)
        told: dict[str, Any] = {semconv.EXCEPTION_TYPE: kind}
        if self.session.capture.content:
            words = told[semconv.EXCEPTION_MESSAGE] = self._told(_words(error))
            if self.kind in _WITH_STACK:
                told[semconv.EXCEPTION_STACK] = "".join(traceback.format_exception(error))
        self.event(semconv.EXCEPTION, told)
        self.end("error", f"{kind}: {words}" if words else kind)

    def end(self, status: Status = "ok", message: str = "") -> None:
        """End the span: it is recorded, and closed on the SDK."""
        record = self.record(self._now(), status, message)
        self.session.tracer.end(self._otel, record)
        self.session.ended(self, record)

    def record(self, end: int | None = None, status: Status = "unset", message: str = "") -> SpanRecord:
        """Return what is known of the span so far."""
        parent = None if self.parent is None else self.parent.id
        return SpanRecord(
            self.trace,
            self.id,
            parent,
            self.name,
            self.kind,
            self.start,
            end,
            status,
            message,
            dict(self._attributes),
            tuple(self._events),
        )

    def _now(self) -> int:
        return self.start + time.perf_counter_ns() - self._began

    def _told(self, value: Any) -> Any:
        """Return a value as it may stand in the span."""
        if isinstance(value, str):
            return self.clean(value)
        return tuple(map(self._told, value)) if isinstance(value, tuple | list) else value

    def _stamp(self) -> None:
        """Note the hyperparameters in force."""
        values, digest = stamp()
        if digest:
            self._attributes[semconv.HYPERPARAMETERS_HASH] = digest
            if self.kind in _WITH_HYPERPARAMETERS:
                self.whole(semconv.HYPERPARAMETERS, values)


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as problem:  # noqa: BLE001 (errors of users may do anything when they are shown)
        return f"(its message raises {type(problem).__name__})"
