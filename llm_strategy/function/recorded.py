"""The span of a call: which function, with what, and what came of it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar, cast

from typing_extensions import TypeIs

from llm_strategy.chat import Answer
from llm_strategy.flow import Emit
from llm_strategy.function.distrusted import distrusted
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recording import opened

if TYPE_CHECKING:
    from llm_strategy.chat import Question
    from llm_strategy.flow import Flow
    from llm_strategy.function.configuration import Configuration
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["recorded"]

T = TypeVar("T")

_KEPT_ITEMS = 1000
"""How many streamed items are part of what is recorded."""


def recorded(shaped: Configuration, question: Question[Any], flow: Flow[T], *, items: bool = False) -> Flow[T]:
    """Run the flow of a call inside a span of its own, where a trace is under way; mark what is not to be trusted.

    Args:
        shaped: the stub and what shapes the call.
        question: what is asked.
        flow: finds the answer.
        items: whether what the flow emits are items, and not ever longer parts of one value.
    """
    flow = distrusted(question, flow, items=items)
    with opened("function", shaped.definition.title) as span:
        if span is None:
            return (yield from flow)
        reasoning = shaped.settings.reasoning
        span.mark(semconv.FUNCTION, question.where)
        span.mark(semconv.REASONING, "Direct" if reasoning is None else type(reasoning).__name__)
        if shaped.differing:
            span.hyperparameters(semconv.SETTINGS, shaped.differing)
        span.data(semconv.ARGUMENTS, question.prompt.inputs)
        emitted: deque[Any] = deque(maxlen=None if items else 1)
        result: Any
        try:
            result = yield from _followed(flow, emitted)
        except BaseException:
            _note_emitted(span, emitted, items=items)  # what the caller has of it
            raise
        if _is_answer(result):
            span.data(semconv.RESULT, result.value)
        else:
            _note_emitted(span, emitted, items=items)
        return cast("T", result)


def _is_answer(result: object) -> TypeIs[Answer[Any]]:
    return isinstance(result, Answer)


def _note_emitted(span: OpenSpan, emitted: deque[Any], *, items: bool) -> None:
    if emitted:
        span.data(semconv.RESULT, list(emitted) if items else emitted[-1])


def _followed(flow: Flow[T], emitted: deque[Any]) -> Flow[T]:
    """Pass on what a flow asks for, and keep what it emits: the first items, or the last value."""
    answer: Any = None
    step: Any = flow.send
    while True:
        try:
            wanted = step(answer)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        if isinstance(wanted, Emit) and len(emitted) < _KEPT_ITEMS:
            emitted.append(wanted.value)
        try:
            answer = yield wanted
            step = flow.send
        except GeneratorExit:
            flow.close()
            raise
        except BaseException as error:  # noqa: BLE001 (what a request raises is raised in the flow that asked)
            answer, step = error, flow.throw
