"""A span that is open: what is known of it so far, on the OpenTelemetry SDK and for the session's own record."""

from __future__ import annotations

import asyncio
import time
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llm_strategy.hyperparameters import stamp
from llm_strategy.schema.json_data import is_list, is_tuple
from llm_strategy.tracing import semconv
from llm_strategy.tracing.error_words import error_words
from llm_strategy.tracing.masking import masked, wordless
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
_SIMPLE = frozenset({str, bool, int, float})
_MOST = 2**63
"""Whole numbers from here on are no attributes of OpenTelemetry."""


class OpenSpan:
    """One span under way.

    What is set here goes through the session's capture first: secrets never reach a span, and long texts are cut.
    """

    __slots__ = (
        "_attributes",
        "_began",
        "_events",
        "_last",
        "_otel",
        "_revision",
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
        self.kind: Kind = kind
        """Its level."""
        self._revision = session.revision
        self.name = session.capture.clean(name) if kind in _NAMED_BY_USERS else name
        """What it is, for people."""
        self.start = time.time_ns()
        """When it began, in nanoseconds since 1970."""
        self._began = time.perf_counter_ns()
        self._attributes: dict[str, Any] = {semconv.KIND: kind}
        self._events: list[EventRecord] = []
        self._last: SpanRecord | None = None
        self._otel: Span
        self._otel, self.trace, self.id = session.tracer.start(self)
        """Ids of the trace and of the span, in hexadecimal digits."""
        self._stamp()
        for key, value in (attributes or {}).items():
            self.set(session.capture.clean(str(key)) if kind == "step" else key, value)
        session.began(self)

    @property
    def has_ended(self) -> bool:
        """Whether it is over."""
        return self._last is not None

    @property
    def otel(self) -> Span:
        """The span of the OpenTelemetry SDK."""
        return self._otel

    def child(self, kind: Kind, name: str, attributes: Mapping[str, Any] | None = None) -> OpenSpan:
        """Open a span inside this one."""
        return OpenSpan(self.session, self, kind, name, attributes)

    def is_inside(self, other: OpenSpan) -> bool:
        """Whether `other` is around this span, or is this span."""
        here: OpenSpan | None = self
        while here is not None and here is not other:
            here = here.parent
        return here is not None

    def set(self, key: str, value: Any) -> None:
        """Set an attribute: a text, a number, a truth value, or a sequence of one of these; None sets nothing.

        Any other value is written as JSON.
        """
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

    def hyperparameters(self, key: str, values: str) -> None:
        """Set an attribute to hyperparameters, as JSON at its full length: cut, it would be of no use.

        Prompts, descriptions and examples are hyperparameters: where content is not captured, numbers are all that is
        left of them.
        """
        capture = self.session.capture
        self._attributes[key] = capture.clean_json(values) if capture.content else wordless(values)

    def data(self, key: str, value: object) -> None:
        """Set an attribute that holds content, as JSON."""
        if self.session.capture.content:
            self._attributes[key] = self.session.capture.data(value)

    def event(self, name: str, attributes: Mapping[str, Any]) -> None:
        """Note that something happened now; a span that has ended is recorded once more with it."""
        told = {key: self._told(value) for key, value in attributes.items() if value is not None}
        self._events.append(EventRecord(name, self._now(), told))
        if self._last is not None:
            self._last = replace(self._last, events=tuple(self._events))
            self.session.amended(self._last)

    def attach(self) -> object:
        """Make this the open span of OpenTelemetry as well, where the user's own provider is in use."""
        return self.session.tracer.attach(self._otel)

    def detach(self, token: object) -> None:
        """Undo `attach`."""
        self.session.tracer.detach(token)

    def leave(self, error: BaseException | None) -> None:
        """End the span as the code inside it ended: with a value, with an error, or because nobody waits any more."""
        if error is None or (isinstance(error, SystemExit) and not error.code):
            self.end()
        elif isinstance(error, Exception | SystemExit):
            self.fail(error)
        else:
            self.set(semconv.CANCELLED, value=True)
            self.end("unset", _ending(error))

    def fail(self, error: BaseException) -> None:
        """End the span with an error."""
        kind, words = type(error).__name__, ""
        self.set(semconv.ERROR_TYPE, kind)
        told: dict[str, Any] = {semconv.EXCEPTION_TYPE: kind}
        if self.session.capture.content:
            words = told[semconv.EXCEPTION_MESSAGE] = self._told(error_words(error))
            if self.kind in _WITH_STACK:
                told[semconv.EXCEPTION_STACK] = "".join(traceback.format_exception(error))
        self.event(semconv.EXCEPTION, told)
        self.end("error", f"{kind}: {words}" if words else kind)

    def end(self, status: Status = "ok", message: str = "") -> None:
        """End the span: it is recorded, and closed on the SDK. It ends once: later calls do nothing."""
        if self._last is not None:
            return
        record = self._last = self.record(self._now(), status, message)
        self.session.tracer.end(self._otel, record)
        self.session.ended(self, record)

    def record(self, end: int | None = None, status: Status = "unset", message: str = "") -> SpanRecord:
        """Return what is known of the span so far."""
        parent = None if self.parent is None else self.parent.id
        record = SpanRecord(
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
        # What was set before the session learned of a secret has not been looked at for that one yet.
        return record if self._revision == self.session.revision else masked(record, self.session.capture.secrets)

    def _now(self) -> int:
        return self.start + time.perf_counter_ns() - self._began

    def _told(self, value: Any) -> Any:
        """Return a value as it may stand in the span."""
        if isinstance(value, str):
            return self.clean(str.__str__(value))  # the text of an enumeration's member, say
        if isinstance(value, float) or (isinstance(value, int) and abs(value) < _MOST):
            return value
        if is_tuple(value) or is_list(value):
            kinds = set(map(type, value))
            if len(kinds) <= 1 and kinds <= _SIMPLE:
                return tuple(map(self._told, value))
        return self.session.capture.data(value)

    def _stamp(self) -> None:
        """Note the hyperparameters in force."""
        values, digest = stamp()
        if digest:
            self._attributes[semconv.HYPERPARAMETERS_HASH] = digest
            if self.kind in _WITH_HYPERPARAMETERS:
                self.hyperparameters(semconv.HYPERPARAMETERS, values)


def _ending(error: BaseException) -> str:
    """Say why nobody waits any more, for people. A flow is closed because of what ends the driver around it."""
    while isinstance(error, GeneratorExit) and error.__context__ and not isinstance(error.__context__, Exception):
        error = error.__context__
    if isinstance(error, GeneratorExit):
        return "closed before its end"
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    return "interrupted by Ctrl-C" if isinstance(error, KeyboardInterrupt) else f"stopped by {type(error).__name__}"
