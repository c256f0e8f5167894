"""Asking for one typed value: the flow that reads a reply, and shows a model what was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from llm_strategy.chat.reading import read_value, said
from llm_strategy.errors import (
    AttemptsExhaustedError,
    EmptyReplyError,
    InvalidValueError,
    MalformedReplyError,
    NoValueError,
    OversizedReplyError,
    ReplyError,
    TruncatedError,
    UnknownToolError,
    UnsupportedError,
)
from llm_strategy.flow import ChatRequest, Sampling
from llm_strategy.flow.forgetting import Forget
from llm_strategy.messages import Message
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recording import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.chat.reading import Reader
    from llm_strategy.flow import ChatModel, Flow, Method, OutputFormat
    from llm_strategy.messages import Reply
    from llm_strategy.prompt import StructuredPrompt, Templates

__all__ = ["Answer", "Attempts", "Question", "ask", "attempted"]

R = TypeVar("R")
T = TypeVar("T")

_SHOWN_CHARACTERS = 4000
"""How much of a bad reply is shown to the model again: enough to correct it, without paying for a runaway one twice."""

_TEMPLATES: tuple[tuple[type[ReplyError], str], ...] = (
    (EmptyReplyError, "empty"),
    (NoValueError, "no_value"),
    (MalformedReplyError, "malformed"),
    (InvalidValueError, "invalid"),
    (UnknownToolError, "unknown_tool"),
    (OversizedReplyError, "oversized"),
)
"""Which template words a problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[T]):
    """A prompt, the model that it goes to, and how the answer is read."""

    where: str
    """The function that asks, as errors name it."""
    model: ChatModel
    """Who is asked."""
    prompt: StructuredPrompt[T]
    """What is asked."""
    reader: Reader[T]
    """Reads the value out of a reply."""
    attempts: int = 3
    """How many replies are paid for, at most."""
    method: Method | None = None
    """How the value is asked for; None takes the model's best method, and steps down where its server declines."""
    sampling: Sampling = field(default_factory=Sampling)
    """How the replies are drawn."""
    sample: int = 0
    """Which of several answers it is, where a method of reasoning draws several: a cache keeps them apart."""
    cached: bool | None = None
    """Whether a cache may answer; None leaves that to the cache in force."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A value, and the conversation that gave it."""

    value: T
    """What the caller gets."""
    messages: tuple[Message, ...]
    """The prompt and the reply that was read, without the attempts that failed."""


class Attempts(Generic[T]):
    """The attempts at one question by one method: what to send next, and what went wrong so far.

    A failed reply and its problem stand behind the prompt until the next reply; earlier failures are dropped, so the
    cost of a call grows with the number of attempts and not with its square.
    """

    def __init__(self, question: Question[T], method: Method, errors: list[ReplyError], began: float) -> None:
        self.form: OutputFormat = question.prompt.form(method)
        """The channel and schema of the replies."""
        self._question = question
        self._opening = self._conversation = question.prompt.messages(method)
        self._sampling = question.sampling
        self._errors = errors
        self._began = began
        self._sent: list[ChatRequest] = []

    @property
    def problem(self) -> ReplyError | None:
        """What was wrong with the last reply, if there was one."""
        return self._errors[-1] if self._errors else None

    @property
    def number(self) -> int:
        """Which attempt comes next, from 1."""
        return len(self._errors) + 1

    @property
    def digest(self) -> str:
        """Short hash of what never changes in the prompt; it tells wordings, schemas and examples apart."""
        fixed = "\0".join(message.content for message in self._opening[: max(1, len(self._opening) - 1)])
        return sha256(fixed.encode(errors="surrogatepass")).hexdigest()[:16]

    def request(self) -> ChatRequest:
        """Return what to send next."""
        asked = self._question
        request = ChatRequest(
            asked.model,
            self._conversation,
            self.form,
            self._sampling,
            sample=asked.sample,
            cached=asked.cached,
            asker=asked.where,
            began=self._began,
        )
        self._sent.append(request)
        return request

    def in_vain(self) -> Forget:
        """Return what has the replies so far forgotten: they led to no value, and would never do."""
        return Forget(tuple(self._sent))

    def failed(self, error: ReplyError) -> None:
        """Take note of a failed reply, so that the next request shows it.

        Raises:
            ReplyError: the error itself, where asking again is no use.
            AttemptsExhaustedError: it was the last attempt.
        """
        if not error.retryable:
            raise error
        self._errors.append(error)
        if len(self._errors) >= self._question.attempts:
            raise AttemptsExhaustedError(self._question.where, self._errors) from error
        shown = (Message.assistant(error.reply[:_SHOWN_CHARACTERS]),) if error.reply else ()
        reminder = Message.user(_reminder(error, self._question.prompt.templates))
        self._conversation = (*self._opening, *shown, reminder)
        if isinstance(error, TruncatedError) and self._sampling.max_tokens is not None:
            self._sampling = replace(self._sampling, max_tokens=2 * self._sampling.max_tokens)

    def answer(self, value: T, reply: Message) -> Answer[T]:
        """Return the value with the conversation that gave it."""
        return Answer(value, (*self._opening, reply))


def _reminder(error: ReplyError, templates: Templates) -> str:
    """Return what a model is told about its last reply."""
    if isinstance(error, TruncatedError):
        return templates.shorter.format(problem=str(error))
    slots = {"problem": str(error)}
    if isinstance(error, InvalidValueError):
        slots["problems"] = "\n".join(error.problems)[:_SHOWN_CHARACTERS] or str(error)
    name = next((name for kind, name in _TEMPLATES if isinstance(error, kind)), None)
    problem = slots["problem"] if name is None else getattr(templates, name).format(**slots)
    return templates.retry.format(problem=problem)


def ask(question: Question[T]) -> Flow[Answer[T]]:
    """Ask until a reply holds a value of the declared type.

    Raises:
        AttemptsExhaustedError: no reply did, in `question.attempts` attempts.
        RefusedError, FilteredError: the model or its provider declined; asking again is no use.
        TransportError: no reply came.
        UnsupportedError: the model turned down every method that it was asked by.
    """

    def once(attempts: Attempts[T]) -> Flow[Answer[T]]:
        reply: Reply = yield attempts.request()
        return attempts.answer(read_value(question.reader, reply, attempts.form), said(reply))

    return (yield from attempted(question, once))


def attempted(question: Question[T], attempt: Callable[[Attempts[T]], Flow[R]]) -> Flow[R]:
    """Make one attempt after the other, until one ends without a `ReplyError`.

    The model's best method comes first. Where its server turns that down the next one follows, unless the caller chose
    the method. Attempts are counted over all methods.

    Raises:
        AttemptsExhaustedError, ReplyError, TransportError, UnsupportedError: see `ask`.
    """
    methods = (question.method,) if question.method else question.model.profile.methods
    errors: list[ReplyError] = []
    began = monotonic()
    with opened("prompt", "prompt") as span:
        for number, method in enumerate(methods, 1):
            attempts = Attempts(question, method, errors, began)
            if span is not None:
                span.text(semconv.SCHEMA, question.prompt.output.compact)
                span.mark(semconv.PROMPT_HASH, attempts.digest)
            try:
                return (yield from _repeated(attempts, attempt))
            except UnsupportedError:
                if number == len(methods):
                    raise
    raise UnsupportedError(f"{question.where}: model {question.model.name!r} has no structured-output method.")


def _repeated(attempts: Attempts[T], attempt: Callable[[Attempts[T]], Flow[R]]) -> Flow[R]:
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
            except AttemptsExhaustedError:
                yield attempts.in_vain()
                raise
