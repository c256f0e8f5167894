"""The messages that a run of actions begins with: what never changes first, the arguments last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from llm_strategy.messages import Message
from llm_strategy.prompt.inputs import rendered_inputs
from llm_strategy.prompt.media import Numbering
from llm_strategy.prompt.untrusted import fence_for, untrusted_block
from llm_strategy.reasoning.code_act.variables import Manner, shown_variables, variable_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.chat import Question
    from llm_strategy.messages import Attachment
    from llm_strategy.reasoning.code_act.formats import ActionFormat
    from llm_strategy.reasoning.code_act.offer import Offer

__all__ = ["Opening"]

T = TypeVar("T")


@dataclass(frozen=True)
class Opening(Generic[T]):
    """What a question becomes where it is answered by actions."""

    question: Question[T]
    """What is asked."""
    offer: Offer[T]
    """What the model may do."""
    form: ActionFormat
    """How it writes what it does."""
    longest: int
    """Characters of an argument that are shown, where the actions are code and have the argument as a variable."""

    @cached_property
    def variables(self) -> Mapping[str, str]:
        """The variables of the arguments, by the names of these. Raises InputError."""
        prompt = self.question.prompt
        return variable_names(prompt.inputs, self.offer.names, self.question.where)

    @property
    def values(self) -> Mapping[str, Any]:
        """The arguments as data; `[image 1]` and the like stand for what is none."""
        return self._parts[1]

    @cached_property
    def _parts(self) -> tuple[tuple[Message, ...], Mapping[str, Any], tuple[Attachment, ...]]:
        """The examples, and behind them the arguments, with what is no text in these."""
        numbering = Numbering.behind(self.question.prompt.history)
        examples = self._examples(numbering)
        return examples, *numbering.placed(self.question.prompt.inputs)

    def messages(self) -> tuple[Message, ...]:
        """Return the conversation that asks for the first action."""
        prompt = self.question.prompt
        preamble = self._preamble()
        examples, inputs, attachments = self._parts
        fences = (fence_for(inputs),) if prompt.untrusted else ()
        told = self._turn(inputs, fences, self.offer.wording.anew if prompt.history and self.form.runs_code else "")
        last = Message("user", told, attachments=attachments, fences=fences)
        turns = (*examples, last)
        if not prompt.history:
            return (Message.system(preamble), *turns)
        return (*prompt.history, replace(turns[0], content=f"{preamble}\n\n{turns[0].content}"), *turns[1:])

    def _preamble(self) -> str:
        """What never changes: how to act, with what. The task stands with the arguments, where small models heed it."""
        prompt = self.question.prompt
        parts = [self.form.instructions(self.offer)]
        if prompt.parameters:
            lines = "\n".join(f"- {name}: {text}" for name, text in prompt.parameters.items())
            parts.append(prompt.templates.parameters.format(parameters=lines))
        return "\n\n".join(parts)

    def _examples(self, numbering: Numbering) -> tuple[Message, ...]:
        turns: list[Message] = []
        for example in self.question.prompt.examples:
            inputs, attachments = numbering.placed(example.inputs)
            turns.append(Message("user", self._turn(inputs, ("data-example",)), attachments=attachments))
            turns.append(self.form.written(self.offer.data_of(example.value), example.reasoning))
        return tuple(turns)

    def _turn(self, inputs: Mapping[str, Any], fences: tuple[str, ...], anew: str = "") -> str:
        prompt, words = self.question.prompt, self.offer.wording
        with_code = words.begin_code_tools if self.offer.tools else words.begin_code
        begin = with_code if self.form.runs_code else words.begin
        task = words.task.format(signature=prompt.signature, instruction=prompt.instruction)
        told = self._told(inputs, fences[0] if fences else "")
        return "\n\n".join(part for part in (task, anew, told, begin) if part)

    def _told(self, inputs: Mapping[str, Any], fence: str) -> str:
        """What is told of the arguments."""
        prompt, words = self.question.prompt, self.offer.wording
        words_before = prompt.templates.untrusted.format(fence=fence)
        if self.form.runs_code and inputs:
            told = dict.fromkeys(prompt.untrusted, words_before)
            manner = Manner(self.longest, words.cut, told, fence)
            names = variable_names(inputs, self.offer.names, self.question.where)
            return words.variables.format(variables=shown_variables(inputs, names, manner))

        def block(value: Any) -> str:
            return f" {words_before}\n{untrusted_block(value, fence)}"

        return rendered_inputs(inputs, dict.fromkeys(prompt.untrusted, block))
