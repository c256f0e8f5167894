"""Asking for the next action: of which model, how often a reply without one is put up with, and what then."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, Any

from llm_strategy.chat.fallback import chances_of, none_answered
from llm_strategy.chat.media import check_media
from llm_strategy.chat.reminders import reminding
from llm_strategy.errors import AttemptsExhaustedError, ReplyError, TransportError, TruncatedError, UnsupportedError
from llm_strategy.flow import ChatRequest
from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from llm_strategy.chat import Question
    from llm_strategy.flow import Flow, OutputFormat
    from llm_strategy.messages import Message, Reply
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["Asking"]


class Asking:
    """Asks one model, or several that stand in for each other; the conversation goes on with the next one."""

    def __init__(self, question: Question[Any], output: OutputFormat, patience: int) -> None:
        self.sent: list[ChatRequest] = []
        """All requests so far."""
        self._question = question
        self._output = output
        self._patience = patience
        self._sampling = question.sampling
        self._chances = chances_of(question.model)
        self._place = 0
        self._here = 0
        self._began = monotonic()
        self._missteps: list[ReplyError] = []
        self._failures: list[tuple[str, Exception]] = []

    def note(self, span: OpenSpan | None, opening: tuple[Message, ...]) -> None:
        """Note in a span what tells this prompt from others."""
        if span is not None:
            span.text(semconv.SCHEMA, self._question.prompt.output.compact)
            fixed = "\0".join(message.content for message in opening[: max(1, len(opening) - 1)])
            span.mark(semconv.PROMPT_HASH, sha256(fixed.encode(errors="surrogatepass")).hexdigest()[:16])

    def ask(self, messages: tuple[Message, ...]) -> Flow[Reply]:
        """Return the reply to a conversation.

        Raises:
            TransportError, UnsupportedError: no model gave one.
        """
        while True:
            model = self._chances[self._place].model
            asked = replace(self._question, model=model)
            try:
                check_media(asked)
                request = self._request(asked, messages)
                self.sent.append(request)
                reply: Reply = yield request
            except (TransportError, UnsupportedError) as error:
                self._failures.append((model.name, error))
                if not self._next():
                    raise none_answered(self._question.where, self._failures) from error
            else:
                return reply

    def acted(self) -> None:
        """Take note of a reply that held an action."""
        self._missteps.clear()
        self._here = 0

    def misstep(self, error: ReplyError) -> None:
        """Take note of a reply that held none.

        Raises:
            ReplyError: the error itself, where the model declined, and no other one is asked then.
            AttemptsExhaustedError: it was one too many; it holds the replies since the last action.
        """
        chance = self._chances[self._place]
        if not error.retryable and not (chance.excuses and self._next()):
            raise error
        self._missteps.append(error)
        if len(self._missteps) >= self._patience:
            raise AttemptsExhaustedError(self._question.where, self._missteps) from error
        if isinstance(error, TruncatedError) and self._sampling.max_tokens is not None:
            self._sampling = replace(self._sampling, max_tokens=2 * self._sampling.max_tokens)
        self._here += 1
        if error.retryable and chance.patience is not None and self._here >= chance.patience:
            self._next()

    def reminder(self, error: ReplyError, misstep: str, reminder: str, *, tainted: bool) -> tuple[Message, ...]:
        """Return the turns that show a model its last reply, what was wrong with it, and how to act."""
        told = misstep.format(problem="\0", reminder=reminder)
        template = told.replace("{", "{{").replace("}", "}}").replace("\0", "{problem}")
        prompt = self._question.prompt
        texts = replace(prompt.templates, retry=template, shorter=template)
        marks = prompt.untrusted or frozenset({"observations"} if tainted else ())
        return reminding(error, replace(prompt, templates=texts, untrusted=marks))

    def _next(self) -> bool:
        """Go on with the next model; return whether there is one."""
        if self._place + 1 >= len(self._chances):
            return False
        self._place, self._here = self._place + 1, 0
        return True

    def _request(self, asked: Question[Any], messages: tuple[Message, ...]) -> ChatRequest:
        return ChatRequest(
            asked.model,
            messages,
            self._output,
            self._sampling,
            sample=asked.sample,
            cached=asked.cached,
            asker=asked.where,
            began=self._began,
        )
