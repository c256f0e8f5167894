"""A session: everything that is recorded between its beginning and its end, and how."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import ref

from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.tracing import semconv
from llm_strategy.tracing.heartbeat import Heartbeat
from llm_strategy.tracing.open_span import OpenSpan
from llm_strategy.tracing.secret_sources import secrets_of
from llm_strategy.tracing.totals import RunningTotals

if TYPE_CHECKING:
    from llm_strategy.tracing.capture import Capture
    from llm_strategy.tracing.prices import Prices
    from llm_strategy.tracing.records import SpanRecord
    from llm_strategy.tracing.sinks import Sink
    from llm_strategy.tracing.totals import Totals
    from llm_strategy.tracing.tracer import Tracer

__all__ = ["Session"]


class Session:
    """One session under way.

    A session inside another one is a part of its trace: spans reach the sinks of both.
    """

    def __init__(
        self, *, capture: Capture, prices: Prices, sink: Sink, tracer: Tracer, outer: OpenSpan | None = None
    ) -> None:
        self.capture = capture
        """What of a text may be recorded."""
        self.prices = prices
        """What replies cost."""
        self.sink = sink
        """Where ended spans go."""
        self.tracer = tracer
        """Makes spans on the SDK."""
        self.hyperparameters = Hyperparameters()
        """Collects what the functions inside really used."""
        self.open: dict[str, OpenSpan] = {}
        """Spans that are under way, by id."""
        self._outer = outer
        around: tuple[Session, ...] = () if outer is None else outer.session.concerned
        self.concerned: tuple[Session, ...] = (self, *around)
        """This session and those around it: who gets its spans."""
        self._known_models: dict[int, ref[object]] = {}
        self._totals = RunningTotals()
        self._span: OpenSpan | None = None
        self._heartbeat = Heartbeat(self) if sink.path is not None else None

    def begin(self, name: str) -> OpenSpan:
        """Open the span of the session."""
        self._span = OpenSpan(self, self._outer, "session", name)
        if self.sink.path is not None:
            self.sink.add(self._span.record())  # a file says from its first line on what it is
        return self._span

    def finish(self, error: BaseException | None = None) -> None:
        """End the span of the session."""
        span = self._span
        if span is None:
            return
        used = self.hyperparameters.model_dump_json()
        if used != "{}":
            span.whole(semconv.HYPERPARAMETERS_OPERATIVE, used)
        span.leave(error)
        if self._heartbeat is not None:
            self._heartbeat.stop()
        self.sink.close()
        self.tracer.close()

    @property
    def totals(self) -> Totals:
        """Sums over what has ended so far."""
        return self._totals.totals

    def records(self) -> tuple[SpanRecord, ...]:
        """Return all spans, those under way without an end."""
        ended = {span.span: span for span in self.sink.records()}
        running = {span.id: span.record() for span in list(self.open.values())}
        return tuple({**running, **ended}.values())

    def learn(self, model: object) -> None:
        """Take note of the secrets that a model holds, so that they are not recorded."""
        inner = getattr(model, "model", model)  # adapters come and go, what they adapt stays
        known = self._known_models.get(id(inner))
        if known is not None and known() is inner:
            return
        try:
            self._known_models[id(inner)] = ref(inner)
        except TypeError:
            pass  # a model that cannot be remembered is looked at each time
        held = secrets_of(inner)
        if held:
            self.capture = replace(self.capture, secrets=self.capture.secrets.including(*held))

    def began(self, span: OpenSpan) -> None:
        """Take note of a span that was opened."""
        for session in self.concerned:
            session.open[span.id] = span

    def ended(self, span: OpenSpan, record: SpanRecord) -> None:
        """Take a span that has ended."""
        for session in self.concerned:
            session.take(record)
            session.open.pop(span.id, None)

    def take(self, record: SpanRecord) -> None:
        """Count a span, and keep it."""
        self._totals.add(record)
        self.sink.add(record)
