"""A session: everything that is recorded between its beginning and its end, and how."""

from __future__ import annotations

import json
import logging
import os
from collections import deque
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import ref

from pydantic_core import to_json

from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.tracing import semconv
from llm_strategy.tracing.fork_locks import ForkLock
from llm_strategy.tracing.heartbeat import Heartbeat
from llm_strategy.tracing.langchain import watch_langchain
from llm_strategy.tracing.open_span import OpenSpan
from llm_strategy.tracing.secret_sources import secrets_of
from llm_strategy.tracing.totals import RunningTotals

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.tracing.capture import Capture
    from llm_strategy.tracing.prices import Prices
    from llm_strategy.tracing.records import SpanRecord
    from llm_strategy.tracing.sinks import Sink
    from llm_strategy.tracing.totals import Totals
    from llm_strategy.tracing.tracer import Tracer

__all__ = ["Session"]

_LOG = logging.getLogger("llm_strategy.tracing")
_MOMENT = 0.2
"""Seconds that are waited for another thread that counts."""


class Session:
    """One session under way.

    A session inside another one is a part of its trace: spans reach the sinks of both.
    """

    def __init__(
        self, *, capture: Capture, prices: Prices, sink: Sink, tracer: Tracer, outer: OpenSpan | None = None
    ) -> None:
        self.capture: Capture = capture
        """What of a text may be recorded."""
        self.revision = 0
        """Grows with each secret that is learned."""
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
        self.is_over = False
        """Whether it has ended: what begins now is no part of it."""
        self._outer = outer
        around: tuple[Session, ...] = () if outer is None else outer.session.concerned
        self.concerned: tuple[Session, ...] = (self, *around)
        """This session and those around it: who gets its spans."""
        self._known_models: dict[int, ref[object]] = {}
        self._learning = ForkLock()
        self._totals = RunningTotals()
        self._uncounted: deque[SpanRecord] = deque()
        self._counting = ForkLock()
        self._span: OpenSpan | None = None
        self._process = os.getpid()
        self._heartbeat = Heartbeat(self) if sink.path is not None else None

    def begin(self, name: str) -> OpenSpan:
        """Open the span of the session."""
        self._span = OpenSpan(self, self._outer, "session", name)
        if self.sink.path is not None:
            self.sink.add(self._span.record())  # a file says from its first line on what it is
        return self._span

    def finish(self, error: BaseException | None = None) -> bool:
        """End the span of the session; say whether that was done. A forked child leaves it to its parent.

        Whatever one step does, the others are done, and nothing is raised in place of the user's own error.
        """
        span = self._span
        if span is None or os.getpid() != self._process:
            return False
        self.is_over = True
        with ExitStack() as steps:  # the last one is done first, and Ctrl-C in one leaves none of the others out
            if self._outer is None or self._outer.session.tracer is not self.tracer:
                steps.callback(_guarded, self.tracer.close)
            steps.callback(_guarded, self.sink.close)
            if self._heartbeat is not None:
                steps.callback(_guarded, self._heartbeat.stop)
            steps.callback(_guarded, lambda: span.end("error" if error is not None else "ok"))  # where `leave` failed
            steps.callback(_guarded, lambda: span.leave(error))
            steps.callback(_guarded, lambda: self._note_used(span))
        return True

    def _note_used(self, span: OpenSpan) -> None:
        """Note the hyperparameters that the functions inside really used."""
        used = self.hyperparameters.described()
        if used:
            span.hyperparameters(semconv.HYPERPARAMETERS_OPERATIVE, _json(used))

    @property
    def totals(self) -> Totals:
        """Sums over what has ended so far."""
        # A signal handler may ask in the middle of the counting: it gets the sums as they are, a moment later.
        counting = self._counting.acquire(timeout=_MOMENT)
        try:
            if counting:
                self._count()
            totals = self._totals.totals
        finally:
            if counting:
                self._counting.release()
        self._count_waiting()
        return totals

    def records(self) -> tuple[SpanRecord, ...]:
        """Return all spans, those under way without an end."""
        running = {span.id: span.record() for span in list(self.open.values())}  # first: what ends now is in both
        ended = {span.span: span for span in self.sink.records()}
        return tuple({**running, **ended}.values())

    def learn(self, model: object) -> None:
        """Take note of the secrets that a model holds, so that they are not recorded."""
        inner = getattr(model, "model", model)  # adapters come and go, what they adapt stays
        known = self._known_models.get(id(inner))
        if known is not None and known() is inner:
            return
        held = secrets_of(inner)
        for session in self.concerned:
            session.keep_secret(held)
        with suppress(TypeError):  # a model that cannot be remembered is looked at each time
            self._known_models[id(inner)] = ref(inner)

    def keep_secret(self, texts: frozenset[str]) -> None:
        """Record these texts no more, and take them out of the spans that are under way."""
        with self._learning:
            while not texts <= self.capture.secrets.known:
                before: Capture = self.capture
                after: Capture = replace(before, secrets=before.secrets.including(*texts))
                if self.capture is before:  # else this very thread was here in the meantime: in a signal handler, say
                    self.capture = after
                    self.revision += 1

    def began(self, span: OpenSpan) -> None:
        """Take note of a span that was opened."""
        watch_langchain()  # it may have been loaded just now
        for session in self.concerned:
            session.open[span.id] = span

    def ended(self, span: OpenSpan, record: SpanRecord) -> None:
        """Take a span that has ended."""
        for session in self.concerned:
            session.take(record)
            session.open.pop(span.id, None)

    def amended(self, record: SpanRecord) -> None:
        """Keep a span that is known already, and of which something more is known now: a score, say."""
        for session in self.concerned:
            session.sink.add(record)

    def take(self, record: SpanRecord) -> None:
        """Count a span, and keep it."""
        self.sink.add(record)
        self._uncounted.append(record)
        self._count_waiting()

    def _count_waiting(self) -> None:
        # Who finds the lock taken has nothing to do: another thread counts. It may be this very thread, where the
        # garbage collector closes a forgotten iterator in the middle of it; waiting would be for ever.
        while self._uncounted and self._counting.acquire(blocking=False):
            try:
                self._count()
            finally:
                self._counting.release()

    def _count(self) -> None:
        while self._uncounted:
            self._totals.add(self._uncounted.popleft())


def _guarded(step: Callable[[], object]) -> None:
    try:
        step()
    except Exception as error:  # noqa: BLE001 (a trace must not break what it looks at)
        _LOG.warning("A trace did not end as it should: %s: %s", type(error).__name__, error)


def _json(data: object) -> str:
    """Write data as JSON; half of a surrogate pair, which has no bytes, is written as an escape."""
    try:
        return to_json(data, inf_nan_mode="strings").decode()
    except ValueError:
        return json.dumps(data)
