"""What goes on between the replies to one question: what is sent next, and what went wrong so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from llm_strategy.chat.reminders import reminding
from llm_strategy.errors import AttemptsExhaustedError, ReplyError, TruncatedError
from llm_strategy.flow import ChatRequest
from llm_strategy.flow.forgetting import Forget

if TYPE_CHECKING:
    from llm_strategy.chat.question import Answer, Question
    from llm_strategy.errors import TransportError
    from llm_strategy.flow import Method, OutputFormat
    from llm_strategy.messages import Message

__all__ = ["Attempts", "EscalatedError", "Tally"]

T = TypeVar("T")


class EscalatedError(Exception):
    """A model had its chances: the next one is asked. Never leaves the flow of a question."""


@dataclass(slots=True)
class Tally:
    """What went wrong so far at one question, over all methods and models."""

    question: Question[Any]
    """What is asked."""
    began: float
    """When it was first asked."""
    errors: list[ReplyError] = field(default_factory=list[ReplyError])
    """The replies that held no value, by their errors."""
    broken: list[TransportError] = field(default_factory=list["TransportError"])
    """The streams that broke off in their middle."""
    sent: list[ChatRequest] = field(default_factory=list[ChatRequest])
    """All requests."""
    patience: int | None = None
    """How many replies without a value the present model may give, where another model comes after it."""
    excuses: bool = False
    """Whether another model is asked where the present one declines to answer."""
    here: int = 0
    """How many it gave."""

    @property
    def number(self) -> int:
        """Which attempt comes next, from 1."""
        return len(self.errors) + len(self.broken) + 1

    def turn(self, patience: int | None, *, excuses: bool) -> None:
        """Begin with the next model."""
        self.patience, self.excuses, self.here = patience, excuses, 0

    def failed(self, error: ReplyError) -> None:
        """Count a reply that holds no value.

        Raises:
            ReplyError: the error itself, where asking again is no use.
            AttemptsExhaustedError: it was the last attempt.
            EscalatedError: it was the last one of this model.
        """
        if not error.retryable and not self.excuses:
            raise error
        self.errors.append(error)
        if self.number > self.question.attempts:
            if not error.retryable:
                raise error
            raise AttemptsExhaustedError(self.question.where, self.errors) from error
        self._next_model(error, at_once=not error.retryable)

    def broke_off(self, error: TransportError) -> None:
        """Count a stream that broke off in its middle.

        Raises:
            TransportError: the error itself, where it was the last attempt; `earlier` holds those before it.
            EscalatedError: another model is asked.
        """
        self.broken.append(error)
        if self.number > self.question.attempts:
            error.earlier = (*self.broken[:-1],)
            raise error
        self._next_model(error, at_once=self.patience is not None)

    def _next_model(self, error: Exception, *, at_once: bool) -> None:
        self.here += 1
        if at_once or (self.patience is not None and self.here >= self.patience):
            raise EscalatedError from error

    def in_vain(self) -> Forget:
        """Return what has the replies so far forgotten: they led to no value, and would never do."""
        return Forget(tuple(self.sent))


class Attempts(Generic[T]):
    """The attempts at one question by one method of one model: what to send next.

    A failed reply and its problem stand behind the prompt until the next reply; earlier failures are dropped, so the
    cost of a call grows with the number of attempts and not with its square.
    """

    def __init__(self, question: Question[T], method: Method, tally: Tally) -> None:
        self.form: OutputFormat = question.prompt.form(method)
        """The channel and schema of the replies."""
        self.problem: ReplyError | None = None
        """What was wrong with the last reply, if there was one."""
        self.begun = False
        """Whether something of the present reply has come, where it is streamed."""
        self._question = question
        self._opening = self._conversation = question.prompt.messages(method)
        self._sampling = question.sampling
        self._tally = tally

    @property
    def number(self) -> int:
        """Which attempt at the question comes next, from 1."""
        return self._tally.number

    @property
    def digest(self) -> str:
        """Short hash of what never changes in the prompt; it tells wordings, schemas and examples apart."""
        fixed = "\0".join(message.content for message in self._opening[: max(1, len(self._opening) - 1)])
        return sha256(fixed.encode(errors="surrogatepass")).hexdigest()[:16]

    def request(self) -> ChatRequest:
        """Return what to send next."""
        asked = self._question
        self.begun = False
        request = ChatRequest(
            asked.model,
            self._conversation,
            self.form,
            self._sampling,
            sample=asked.sample,
            cached=asked.cached,
            asker=asked.where,
            began=self._tally.began,
        )
        self._tally.sent.append(request)
        return request

    def failed(self, error: ReplyError) -> None:
        """Take note of a failed reply, so that the next request shows it; see `Tally.failed` for what is raised."""
        self._tally.failed(error)
        self.problem = error
        self._conversation = (*self._opening, *reminding(error, self._question.prompt))
        if isinstance(error, TruncatedError) and self._sampling.max_tokens is not None:
            self._sampling = replace(self._sampling, max_tokens=2 * self._sampling.max_tokens)

    def broke_off(self, error: TransportError) -> None:
        """Take note of a stream that broke off: the same is asked again. See `Tally.broke_off` for what is raised."""
        self._tally.broke_off(error)

    def answer(self, value: T, reply: Message) -> Answer[T]:
        """Return the value with the conversation that gave it."""
        from llm_strategy.chat.question import Answer

        return Answer(value, (*self._opening, reply))
