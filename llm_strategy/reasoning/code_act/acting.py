"""The loop: the model acts, sees what came of it, and acts again, until it finishes or has acted often enough."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from llm_strategy.chat import Answer
from llm_strategy.chat.distrusted import distrusted_answer
from llm_strategy.errors import (
    ActionsExhaustedError,
    AttemptsExhaustedError,
    BudgetExceededError,
    JournalError,
    LLMStrategyError,
    ReplyError,
)
from llm_strategy.flow.forgetting import Forget
from llm_strategy.prompt.untrusted import inert
from llm_strategy.reasoning.code_act.actions import FINISH
from llm_strategy.reasoning.code_act.asking import Asking
from llm_strategy.reasoning.code_act.conversation import Conversation, Taken
from llm_strategy.reasoning.code_act.formats import format_named
from llm_strategy.reasoning.code_act.observations import Observer
from llm_strategy.reasoning.code_act.offer import Offer
from llm_strategy.reasoning.code_act.opening import Opening
from llm_strategy.reasoning.code_act.performing import Performing
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recording import opened

if TYPE_CHECKING:
    from llm_strategy.chat import Question
    from llm_strategy.flow import Flow
    from llm_strategy.messages import Reply
    from llm_strategy.reasoning.code_act.actions import Action
    from llm_strategy.reasoning.code_act.code_act import CodeAct
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["Acting"]

T = TypeVar("T")

_PASSING = re.compile(r"(?<=<action) \d+(?=>)|(?<=\b0x)[0-9a-fA-F]+")
"""What differs from action to action where nothing else does: the action's number in tracebacks, and addresses."""

_TOLD = 2
"""How often the same has to come before the model is told that it does."""


class Acting(Generic[T]):
    """One run of a method, for one question."""

    def __init__(self, method: CodeAct, question: Question[T]) -> None:
        self.method = method
        self.question = question
        self.form = format_named(method.action_format)
        self.offer: Offer[T] = Offer(method.offered, question.prompt.output, method.wording)
        self.opening: Opening[T] = Opening(question, self.offer, self.form, method.argument_characters)
        observer = Observer(method.wording, question.prompt.templates.untrusted)
        self.conversation = Conversation(
            self.opening.messages(),
            self.form,
            observer,
            longest=method.observation_characters,
            whole=method.history_characters,
        )
        self.performing = Performing(method, self.opening)
        self.asking = Asking(question, self.form.output(self.offer), method.patience)
        self._given: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._under_way: Action | None = None

    def run(self) -> Flow[Answer[T]]:
        """Return the value that the model finished with.

        Each error holds in `transcript` what was done before; the files that were made are kept all the same.

        Raises:
            ActionsExhaustedError: it did not finish in time, or went round in circles.
            AttemptsExhaustedError: its replies held no action.
            UnsupportedError, ToolRefusedError: a tool could not be called from here; nothing was asked.
            SandboxUnavailableError: the code cannot be run here; nothing was asked.
            ReplyError, TransportError, UnsupportedError: as `ask` raises them.
            BudgetExceededError: a budget is used up, the run's own or one around it.
        """
        with opened("prompt", "prompt") as span:
            try:
                yield from self.performing.prepare()
                self.asking.note(span, self.conversation.opening)
                answer = yield from self._until_finished()
                yield from self._kept()
            except Exception as error:
                if isinstance(error, ReplyError | AttemptsExhaustedError | ActionsExhaustedError):
                    yield Forget(tuple(self.asking.sent))  # the same replies would lead nowhere for ever
                self._note(span, type(error).__name__)
                yield from self._failed(error)
                raise
            else:
                self._note(span, FINISH)
                return answer
            finally:
                self.performing.close()

    def _until_finished(self) -> Flow[Answer[T]]:
        for number in range(1, self.method.turns + 1):
            with opened("step", f"step {number}") as span:
                if span is not None:
                    span.mark(semconv.ACTION_FORMAT, self.method.action_format)
                answer = yield from self._turn(self.method.turns - number, span)
                if answer is not None:
                    return answer
        raise self._exhausted(f"it did not finish in {_counted(self.method.turns, 'turn')}")

    def _turn(self, left: int, span: OpenSpan | None) -> Flow[Answer[T] | None]:
        """Ask for one reply and do what it says; return the answer where that was the end."""
        messages = self.conversation.messages
        reply: Reply = yield from self.asking.ask(messages)
        try:
            action = self.form.read(reply, self.offer, messages)
        except ReplyError as error:
            if span is not None:
                span.fail(error)
            self._misstep(error)
            return None
        self.asking.acted()
        self._under_way = action
        if self.performing.tainted:
            action = replace(action, turn=replace(action.turn, content=inert(action.turn.content)))
        seen = yield from self.performing.perform(action)
        if self.performing.value:
            return self._answer(action)
        self._observe(action, seen, left)
        return None

    def _misstep(self, error: ReplyError) -> None:
        self.asking.misstep(error)
        reminder = self.form.reminder(self.offer)
        words = self.method.wording.misstep
        self.conversation.failed = self.asking.reminder(error, words, reminder, tainted=self.performing.tainted)

    def _observe(self, action: Action, seen: tuple[str, ...], left: int) -> None:
        words = self.method.wording
        key = (action.key, tuple(_PASSING.sub("", text) for text in seen))
        self._given[key] += 1
        times = self._given[key]
        hints = [words.repeated.format(times=times)] if times >= min(self.method.repeats, _TOLD) else []
        hints += self._onward(left)
        self.conversation.add(Taken(action, seen, tuple(hints), self.performing.tainted))
        self._under_way = None
        if times > self.method.repeats:
            raise self._exhausted(f"it did the same {times} times, and it gave the same each time")

    def _onward(self, left: int) -> list[str]:
        """Return what the model is told to do next."""
        words = self.method.wording
        if left == 1:
            return [words.last.format(finish=self.form.finish(self.offer))]
        onward = words.failed if self.performing.failed else self.form.onward(self.offer)
        return [onward] if onward else []

    def _answer(self, action: Action) -> Answer[T]:
        answer = Answer(self.performing.value[0], self.conversation.ending(action))
        if self.performing.tainted and not self.question.prompt.is_untrusted:  # else the function that asks does it
            return distrusted_answer(answer, self.question.prompt.output.annotation)
        return answer

    def _failed(self, error: Exception) -> Flow[None]:
        """Let nothing be lost that was paid for: tell what was done, and keep the files."""
        taken, action = self.conversation.taken, self._under_way
        if action is not None:
            seen = self.performing.broken_off(action, error)
            taken = [*taken, Taken(action, seen, tainted=self.performing.tainted)]
        if isinstance(error, LLMStrategyError):
            error.transcript = tuple(taken)
        if isinstance(error, BudgetExceededError):
            error.results = error.results or tuple(taken)
        if not isinstance(error, JournalError):
            yield from self._kept(failed=True)

    def _kept(self, *, failed: bool = False) -> Flow[None]:
        session, made = self.performing.session, tuple(self.performing.made)
        if session is not None and self.method.keep_files and made:
            from llm_strategy.reasoning.code_act.keeping import KeepFiles, RescueFiles

            keeping = KeepFiles(session, made, self.method.keep_files)
            yield RescueFiles(keeping) if failed else keeping

    def _exhausted(self, why: str) -> ActionsExhaustedError:
        taken = self.conversation.taken
        return ActionsExhaustedError(
            f"{self.question.where} came to no value by {_counted(len(taken), 'action')}: {why}. What it did is in "
            "`error.transcript`. Allow more turns, give it better tools, or use a stronger model.",
            taken,
        )

    def _note(self, span: OpenSpan | None, ended: str) -> None:
        if span is not None:
            span.mark(semconv.ACTIONS, len(self.conversation.taken) + (ended == FINISH))
            span.mark(semconv.ACTIONS_ENDED, ended)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
