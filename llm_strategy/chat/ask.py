"""Asking for one typed value: the flow that reads a reply, and shows a model what was wrong with it."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from llm_strategy.chat.reading import read_value, said
from llm_strategy.errors import AttemptsExhaustedError, ReplyError, TruncatedError, UnsupportedError
from llm_strategy.flow import ChatRequest, Sampling
from llm_strategy.messages import Message

if TYPE_CHECKING:
    from llm_strategy.chat.reading import Reader
    from llm_strategy.flow import ChatModel, Flow, Method, OutputFormat
    from llm_strategy.messages import Reply
    from llm_strategy.prompt import StructuredPrompt

__all__ = ["Answer", "Attempts", "Question", "ask", "methods_to_try"]

T = TypeVar("T")

_SHOWN_CHARACTERS = 4000
"""How much of a bad reply is shown to the model again: enough to correct it, without paying for a runaway one twice."""


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


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A value, and the conversation that gave it."""

    value: T
    """What the caller gets."""
    messages: tuple[Message, ...]
    """The prompt and the reply that was read, without the attempts that failed."""


@dataclass(slots=True)
class Attempts(Generic[T]):
    """The attempts at one question: what to send next, and what went wrong so far.

    A failed reply and its problem stand behind the prompt until the next reply; earlier failures are dropped, so the
    cost of a call grows with the number of attempts and not with its square.
    """

    question: Question[T]
    method: InitVar[Method]
    opening: tuple[Message, ...] = field(init=False)
    conversation: tuple[Message, ...] = field(init=False)
    form: OutputFormat = field(init=False)
    sampling: Sampling = field(init=False)
    errors: list[ReplyError] = field(default_factory=list[ReplyError], init=False)

    def __post_init__(self, method: Method) -> None:
        self.opening = self.conversation = self.question.prompt.messages(method)
        self.form = self.question.prompt.form(method)
        self.sampling = self.question.sampling

    def request(self) -> ChatRequest:
        """Return what to send next."""
        return ChatRequest(self.question.model, self.conversation, self.form, self.sampling)

    def failed(self, error: ReplyError) -> None:
        """Take note of a failed reply. Raises it where asking again is no use, AttemptsExhaustedError at the last."""
        if not error.retryable:
            raise error
        self.errors.append(error)
        if len(self.errors) >= self.question.attempts:
            raise AttemptsExhaustedError(self.question.where, self.errors) from error
        templates = self.question.prompt.templates
        cut = isinstance(error, TruncatedError)
        problem = (templates.shorter if cut else templates.retry).format(problem=error)
        shown = (Message.assistant(error.reply[:_SHOWN_CHARACTERS]),) if error.reply else ()
        self.conversation = (*self.opening, *shown, Message.user(problem))
        if cut and self.sampling.max_tokens is not None:
            self.sampling = replace(self.sampling, max_tokens=2 * self.sampling.max_tokens)

    def answer(self, value: T, reply: Message) -> Answer[T]:
        """Return the value with the conversation that gave it."""
        return Answer(value, (*self.opening, reply))


def ask(question: Question[T]) -> Flow[Answer[T]]:
    """Ask until a reply holds a value of the declared type.

    Raises:
        AttemptsExhaustedError: no reply did, in `question.attempts` attempts.
        RefusedError, FilteredError: the model or its provider declined; asking again is no use.
        TransportError: no reply came.
    """
    for method, last in methods_to_try(question):
        try:
            return (yield from _ask_by(question, method))
        except UnsupportedError:
            if last or question.method is not None:
                raise
    raise UnsupportedError(f"{question.where}: model {question.model.name!r} has no structured-output method.")


def methods_to_try(question: Question[T]) -> list[tuple[Method, bool]]:
    """Return the methods to ask by, best first, and for each whether it is the last."""
    methods = (question.method,) if question.method else question.model.profile.methods
    return [(method, number == len(methods)) for number, method in enumerate(methods, 1)]


def _ask_by(question: Question[T], method: Method) -> Flow[Answer[T]]:
    attempts = Attempts(question, method)
    while True:
        reply: Reply = yield attempts.request()
        try:
            return attempts.answer(read_value(question.reader, reply, attempts.form), said(reply))
        except ReplyError as error:
            attempts.failed(error)
