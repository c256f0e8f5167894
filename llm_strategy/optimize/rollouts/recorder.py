"""Recording runs: a session of its own for each, as a part of the trace around it where there is one.

So the conversations of a run can be told from those of all others, secrets are removed the way that traces remove them,
and the run is seen in whatever shows traces.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import InputError
from llm_strategy.optimize.rollouts.chats import chats_of
from llm_strategy.schema import to_jsonable
from llm_strategy.tracing.capture import Capture
from llm_strategy.tracing.error_words import error_words
from llm_strategy.tracing.langchain import watch_langchain
from llm_strategy.tracing.later import LaterSpan
from llm_strategy.tracing.prices import Prices
from llm_strategy.tracing.recording import attached, attached_later, current_span, opened
from llm_strategy.tracing.scores import checked_score, score_event
from llm_strategy.tracing.secrets import Secrets
from llm_strategy.tracing.session import Session
from llm_strategy.tracing.settings import trace_settings
from llm_strategy.tracing.shortening import shortened, shortened_data
from llm_strategy.tracing.sinks import MemorySink
from llm_strategy.tracing.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from llm_strategy.hyperparameters import Hyperparameters
    from llm_strategy.optimize.rollouts.record import ChatRecord
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["Recorder", "Recording"]

_LONGEST_ERROR = 2_000
_MOST_CAUSES = 8
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")


class Recording:
    """The record of one run under way.

    Args:
        span: the span of the run; where nobody but the optimizer looks at it, it is opened when it is needed.
        capture: what is kept of texts, where it was not.
    """

    def __init__(self, span: OpenSpan | LaterSpan, capture: Capture) -> None:
        self.failure: Exception | None = None
        """What the task raised: the span fails with it."""
        self._span = span
        self._capture = capture

    def chats(self) -> list[ChatRecord]:
        """Return the conversations so far."""
        session = self._session
        return [] if session is None else chats_of(session.records())

    def clean(self, text: str) -> str:
        """Return a text without secrets."""
        return self.capture.clean(text)

    @contextmanager
    def scoring(self) -> Generator[None]:
        """Let what happens inside be a part of it, after the run itself has ended."""
        if isinstance(self._span, LaterSpan):
            with attached_later(self._span):
                yield
        else:
            with attached(self._span, ending=False), opened("step", "metric"):
                yield

    def score(self, value: float, name: str) -> None:
        """Note a score. Raises InputError."""
        if isinstance(self._span, LaterSpan):
            checked_score(value, name)  # nobody would see it
        else:
            score_event(self._span, value, name)

    @property
    def capture(self) -> Capture:
        """What is kept of texts: secrets that were learned on the way are left out."""
        session = self._session
        return self._capture if session is None else session.capture

    @property
    def _session(self) -> Session | None:
        span = self._span.begun if isinstance(self._span, LaterSpan) else self._span
        return None if span is None else span.session

    def error(self, error: BaseException) -> str:
        """Return an error in a line, as `Type: message`.

        Addresses of objects are left out: they differ from run to run, and say nothing.
        """
        text = _ADDRESS.sub("0x...", f"{type(error).__name__}: {error_words(error)}".strip().removesuffix(":"))
        return shortened(self.clean(text), _LONGEST_ERROR)[0]

    def errors(self, error: BaseException) -> list[str]:
        """Return an error, and what it came from."""
        told: list[str] = []
        waiting: list[BaseException] = [error]
        seen: set[int] = set()
        while waiting and len(told) < _MOST_CAUSES:
            one = waiting.pop(0)
            if id(one) in seen:
                continue
            seen.add(id(one))
            told.append(self.error(one))
            told.extend(shortened(self.clean(str(note)), _LONGEST_ERROR)[0] for note in getattr(one, "__notes__", ()))
            cause = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
            waiting.extend(getattr(one, "exceptions", ()))
            waiting.extend(() if cause is None else (cause,))
        return told

    def data(self, value: Any) -> tuple[Any, bool]:
        """Return a value as JSON data without secrets, and whether that is all of it."""
        if value is None:
            return None, True
        capture = self.capture
        data = _data_of(value)
        if data is None:
            return json.loads(capture.data(value)), False
        text = json.dumps(data, ensure_ascii=False)
        cleaned = capture.clean_json(text)
        if cleaned == text and len(text) <= capture.max_characters:
            return data, True
        try:
            data = json.loads(cleaned)
        except (ValueError, RecursionError):  # the user's hook made something else of it
            return shortened(cleaned, capture.max_characters)[0], False
        if len(cleaned) <= capture.max_characters:
            return data, True
        return shortened_data(data, capture.max_characters), False


class Recorder:
    """Makes a session for each run. What is the same for all of them is worked out once."""

    @contextmanager
    def recording(self, name: str, attributes: Mapping[str, Any], scope: Hyperparameters) -> Generator[Recording]:
        """Record what happens inside, with a scope in force; the span says so, where somebody can look at it."""
        outer = current_span()
        if outer is None:  # nobody sees the span: to say what is in force takes time
            with self._unseen(name, attributes) as recording, scope:
                yield recording
        else:
            with scope, self._seen(name, attributes, outer) as recording:
                yield recording

    @contextmanager
    def _unseen(self, name: str, attributes: Mapping[str, Any]) -> Generator[Recording]:
        """Record for the optimizer alone; where nothing happens that is recorded, nothing is done."""
        later = LaterSpan(lambda: _begun(self._session(), name, attributes))
        watch_langchain()
        recording = Recording(later, self._capture)
        try:
            with attached_later(later):
                yield recording
        except BaseException as error:
            _finish(later.close(), error)
            raise
        _finish(later.close(), recording.failure)

    @contextmanager
    def _seen(self, name: str, attributes: Mapping[str, Any], outer: OpenSpan) -> Generator[Recording]:
        session = self._inside(outer)
        span = _begun(session, name, attributes)
        recording = Recording(span, session.capture)
        try:
            # What functions used is noted where somebody can look at it.
            with attached(span, ending=False), session.hyperparameters:
                yield recording
        except BaseException as error:
            _finish(span, error)
            raise
        _finish(span, recording.failure)

    def _session(self) -> Session:
        return Session(capture=self._capture, prices=self._prices, sink=MemorySink(), tracer=self._tracer)

    def _inside(self, outer: OpenSpan) -> Session:
        around = outer.session
        return Session(
            capture=around.capture, prices=around.prices, sink=MemorySink(), tracer=around.tracer, outer=outer
        )

    @cached_property
    def _capture(self) -> Capture:
        # Nobody sees this session but the optimizer: whether traces hold content is a question for those.
        return Capture(max_characters=trace_settings().max_characters, secrets=Secrets.of_environment())

    @cached_property
    def _prices(self) -> Prices:
        return Prices.known()

    @cached_property
    def _tracer(self) -> Tracer:
        return Tracer()


def _begun(session: Session, name: str, attributes: Mapping[str, Any]) -> OpenSpan:
    span = session.begin(name)
    for key, value in attributes.items():
        span.set(key, value)
    return span


def _finish(span: OpenSpan | None, error: BaseException | None) -> None:
    if span is not None:
        span.session.finish(error)


def _data_of(value: Any) -> Any:
    """Return a value as JSON data, as complete as it can be; None where it has no JSON form."""
    for complete in (True, False):
        try:
            return to_jsonable(value, complete=complete)
        except InputError:
            continue
        except Exception:  # noqa: BLE001 (values of users may raise anything when they are looked at)
            return None
    return None
