"""Recording runs: a session of its own for each, as a part of the trace around it where there is one.

So the conversations of a run can be told from those of all others, secrets are removed the way that traces remove them,
and the run is seen in whatever shows traces.
"""

from __future__ import annotations

import json
import re
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import InputError
from llm_strategy.optimize.rollouts.chats import chats_of
from llm_strategy.schema import to_jsonable
from llm_strategy.tracing.capture import Capture
from llm_strategy.tracing.error_words import error_words
from llm_strategy.tracing.prices import Prices
from llm_strategy.tracing.recording import attached, current_span
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
    """The record of one run under way."""

    def __init__(self, session: Session, span: OpenSpan) -> None:
        self.session = session
        """Where it is recorded."""
        self.span = span
        """The span of the run."""
        self.failure: Exception | None = None
        """What the task raised: the span fails with it."""

    def chats(self) -> list[ChatRecord]:
        """Return the conversations so far."""
        return chats_of(self.session.records())

    def clean(self, text: str) -> str:
        """Return a text without secrets."""
        return self.session.capture.clean(text)

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
        capture = self.session.capture
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
        recorded = self._recorded(name, attributes, outer)
        with ExitStack() as stack:
            if outer is not None:
                stack.enter_context(scope)
            recording = stack.enter_context(recorded)
            if outer is None:  # nobody sees the span: to say what is in force takes time
                stack.enter_context(scope)
            yield recording

    @contextmanager
    def _recorded(self, name: str, attributes: Mapping[str, Any], outer: OpenSpan | None) -> Generator[Recording]:
        session = self._session() if outer is None else self._inside(outer)
        span = session.begin(name)
        for key, value in attributes.items():
            span.set(key, value)
        recording = Recording(session, span)
        try:
            # What functions used is noted where somebody can look at it.
            with attached(span, ending=False), nullcontext() if outer is None else session.hyperparameters:
                yield recording
        except BaseException as error:
            session.finish(error)
            raise
        session.finish(recording.failure)

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
