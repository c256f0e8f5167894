"""Traces made up for tests of what shows or exports them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llm_strategy.tracing import semconv
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import EventRecord, SpanRecord

if TYPE_CHECKING:
    from llm_strategy.tracing.records import Kind, Status

__all__ = ["sample_trace"]

_TRACE = "5ab1e" + 27 * "0"
_BEGAN = 1_790_000_000_000_000_000
_MILLISECOND = 1_000_000
_FUNCTION = "shop.Catalogue.describe"


def sample_trace(calls: int = 3, *, text: str = "a red bicycle") -> RecordedTrace:
    """Return a trace of `calls` calls of an LLM function, each with its prompt, attempts, chats and file accesses.

    Every third call needs a second attempt, and every seventh one fails. All ids and times are the same in each run.

    Args:
        calls: how many calls there are.
        text: what the model is asked about, and says: markup, say, for tests of what escapes it.

    >>> sample_trace(3).totals.retries
    1
    """
    return RecordedTrace.of(_Maker(text).made(calls))


class _Maker:
    def __init__(self, text: str) -> None:
        self._text = text
        self._spans: list[SpanRecord] = []
        self._now = _BEGAN

    def made(self, calls: int) -> list[SpanRecord]:
        session = self._id()
        for number in range(calls):
            self._call(session, number)
        operative = {_FUNCTION: {"instruction": "Describe the article.", "temperature": 0.2, "attempts": 3}}
        self._add(
            session,
            None,
            "session",
            "sample",
            _BEGAN,
            {
                semconv.HYPERPARAMETERS: json.dumps({_FUNCTION: {"temperature": 0.2}}),
                semconv.HYPERPARAMETERS_HASH: "f00d",
                semconv.HYPERPARAMETERS_OPERATIVE: json.dumps(operative),
            },
            events=(
                EventRecord(
                    semconv.EVALUATION,
                    self._now,
                    {semconv.EVALUATION_NAME: "score", semconv.EVALUATION_SCORE: 0.75},
                ),
            ),
        )
        return self._spans

    def _call(self, session: str, number: int) -> None:
        function, prompt, began = self._id(), self._id(), self._tick()
        retried, failed = number % 3 == 2, number % 7 == 6
        for attempt in (1, 2) if retried or failed else (1,):
            self._attempt(prompt, attempt, number, wrong=failed or (retried and attempt == 1))
        problem = f"AttemptsExhaustedError: no value in {self._text}" if failed else ""
        schema = json.dumps({"type": "object", "properties": {"text": {"type": "string"}}})
        self._add(prompt, function, "prompt", "prompt", began + 1, {semconv.SCHEMA: schema}, problem)
        self._add(
            function,
            session,
            "function",
            _FUNCTION,
            began,
            {
                semconv.FUNCTION: _FUNCTION,
                semconv.ARGUMENTS: json.dumps({"article": f"{self._text} {number}"}),
                semconv.REASONING: "Direct",
                **({} if failed else {semconv.RESULT: json.dumps({"text": self._text})}),
            },
            problem,
        )

    def _attempt(self, prompt: str, attempt: int, number: int, *, wrong: bool) -> None:
        span, began = self._id(), self._tick()
        problem = f"InvalidValueError: `text` is missing in {self._text}" if wrong else ""
        self._chat(span, attempt, number)
        self._add(
            span,
            prompt,
            "attempt",
            f"attempt {attempt}",
            began,
            {semconv.ATTEMPT: attempt, semconv.METHOD: "json_schema"},
            problem,
            (
                EventRecord(
                    semconv.FILE,
                    self._now,
                    {
                        semconv.FILE_PATH: f"src/file_{number % 5}.py",
                        semconv.FILE_OPERATION: ("read", "write")[number % 2],
                    },
                ),
            ),
        )

    def _chat(self, parent: str, attempt: int, number: int) -> None:
        began = self._tick()
        self._now += (200 + 37 * (number % 11)) * _MILLISECOND
        messages = [("system", "Describe the article."), ("user", f"article: {self._text} {number}")]
        if attempt > 1:
            messages += [("assistant", "{}"), ("user", f"`text` is missing in {self._text}")]
        usage = {semconv.INPUT_TOKENS: 100 + 30 * attempt, semconv.OUTPUT_TOKENS: 20 + number % 9}
        self._add(
            self._id(),
            parent,
            "chat",
            "chat gpt-4o-mini",
            began,
            {
                semconv.OPERATION: "chat",
                semconv.PROVIDER: "openai",
                semconv.REQUEST_MODEL: "gpt-4o-mini",
                semconv.RESPONSE_MODEL: "gpt-4o-mini-2024-07-18",
                semconv.FINISH_REASONS: ("stop",),
                semconv.INPUT_MESSAGES: json.dumps([_message(*one) for one in messages]),
                semconv.OUTPUT_MESSAGES: json.dumps([_message("assistant", json.dumps({"text": self._text}))]),
                semconv.FIRST_CHUNK: 0.05,
                semconv.COST: 0.00015 * usage[semconv.INPUT_TOKENS] / 1000,
                **usage,
            },
        )

    def _add(  # noqa: PLR0913, PLR0917 (one argument for each part of a span)
        self,
        span: str,
        parent: str | None,
        kind: Kind,
        name: str,
        start: int,
        attributes: dict[str, Any],
        problem: str = "",
        events: tuple[EventRecord, ...] = (),
    ) -> None:
        status: Status = "error" if problem else "ok"
        told = {
            **attributes,
            semconv.KIND: kind,
            **({semconv.ERROR_TYPE: problem.partition(":")[0]} if problem else {}),
        }
        end = self._tick()
        self._spans.append(SpanRecord(_TRACE, span, parent, name, kind, start, end, status, problem, told, events))

    def _id(self) -> str:
        self._count = getattr(self, "_count", 0) + 1
        return f"{self._count:016x}"

    def _tick(self) -> int:
        self._now += _MILLISECOND
        return self._now


def _message(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": content}]}
