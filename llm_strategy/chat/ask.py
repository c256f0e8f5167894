"""Asking for one typed value: the flow that reads a reply, and shows a model what was wrong with it."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from llm_strategy.chat.attempts import Attempts, EscalatedError, Tally
from llm_strategy.chat.fallback import chances_of, none_answered
from llm_strategy.chat.media import check_media
from llm_strategy.chat.question import Answer, Question
from llm_strategy.chat.reading import read_value, said
from llm_strategy.errors import LLMStrategyError, ReplyError, TransportError, UnsupportedError
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recording import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.flow import Flow
    from llm_strategy.messages import Reply
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["Answer", "Attempts", "Question", "ask", "attempted"]

R = TypeVar("R")
T = TypeVar("T")


def ask(question: Question[T]) -> Flow[Answer[T]]:
    """Ask until a reply holds a value of the declared type.

    Raises:
        AttemptsExhaustedError: no reply did, in `question.attempts` attempts.
        RefusedError, FilteredError: the model or its provider declined; asking again is no use.
        TransportError: no reply came; NoModelAnsweredError where several models were asked.
        UnsupportedError: the model turned down every method that it was asked by.
    """

    def once(attempts: Attempts[T]) -> Flow[Answer[T]]:
        reply: Reply = yield attempts.request()
        return attempts.answer(read_value(question.reader, reply, attempts.form), said(reply))

    return (yield from attempted(question, once))


def attempted(question: Question[T], attempt: Callable[[Attempts[T]], Flow[R]]) -> Flow[R]:
    """Make one attempt after the other, until one ends without a `ReplyError`.

    The model's best method comes first. Where its server turns that down the next one follows, unless the caller chose
    the method. Where the model stands for several, the next one is asked, by its own best method, after those before
    it failed. Attempts are counted over all methods and models.

    Raises:
        AttemptsExhaustedError, ReplyError, TransportError, UnsupportedError: see `ask`.
    """
    tally = Tally(question, monotonic())
    failures: list[tuple[str, Exception]] = []
    with opened("prompt", "prompt") as span:
        for chance in chances_of(question.model):
            tally.turn(chance.patience, excuses=chance.excuses)
            try:
                return (yield from _by_methods(replace(question, model=chance.model), tally, attempt, span))
            except EscalatedError as error:
                failures.append((chance.model.name, error.__cause__ or error))  # type: ignore[arg-type]
            except (TransportError, UnsupportedError) as error:
                failures.append((chance.model.name, error))
                if chance.is_last:
                    break
    raise none_answered(question.where, failures)


def _by_methods(
    question: Question[T], tally: Tally, attempt: Callable[[Attempts[T]], Flow[R]], span: OpenSpan | None
) -> Flow[R]:
    check_media(question)
    methods = (question.method,) if question.method else question.model.profile.methods
    for number, method in enumerate(methods, 1):
        attempts = Attempts(question, method, tally)
        if span is not None:
            span.text(semconv.SCHEMA, question.prompt.output.compact)
            span.mark(semconv.PROMPT_HASH, attempts.digest)
        try:
            return (yield from _repeated(attempts, tally, attempt))
        except UnsupportedError:
            if number == len(methods):
                raise
    raise UnsupportedError(f"{question.where}: model {question.model.name!r} has no structured-output method.")


def _repeated(attempts: Attempts[T], tally: Tally, attempt: Callable[[Attempts[T]], Flow[R]]) -> Flow[R]:
    while True:
        number = attempts.number
        try:
            with opened("attempt", f"attempt {number}") as span:
                if span is not None:
                    span.mark(semconv.ATTEMPT, number)
                    span.mark(semconv.METHOD, attempts.form.method)
                return (yield from attempt(attempts))
        except ReplyError as error:
            try:
                attempts.failed(error)
            except LLMStrategyError:
                yield tally.in_vain()
                raise
        except TransportError as error:
            if not (attempts.begun and error.retryable):
                raise
            attempts.broke_off(error)
