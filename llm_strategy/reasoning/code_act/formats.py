"""The seam between a run and the form in which a model writes its actions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from llm_strategy.flow import OutputFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.messages import Message, Reply
    from llm_strategy.reasoning.code_act.actions import Action
    from llm_strategy.reasoning.code_act.offer import Offer

__all__ = ["ActionFormat", "FormatName", "format_named"]

FormatName = Literal["code", "json", "text", "native"]

_FORMATS = {
    "code": "code_format:CodeFormat",
    "json": "json_format:JsonFormat",
    "text": "text_format:TextFormat",
    "native": "native_format:NativeFormat",
}


class ActionFormat(ABC):
    """A form of actions: what the model is told, and how its replies are read."""

    runs_code: ClassVar[bool] = False
    """Whether actions are code; else each is a call of tools."""

    @abstractmethod
    def instructions(self, offer: Offer[Any]) -> str:
        """Return what the prompt says about acting."""

    @abstractmethod
    def reminder(self, offer: Offer[Any]) -> str:
        """Return the same in a sentence, for a model that forgot."""

    @abstractmethod
    def finish(self, offer: Offer[Any]) -> str:
        """Return how the value is given, for prompts."""

    @abstractmethod
    def read(self, reply: Reply, offer: Offer[Any], before: Sequence[Message]) -> Action:
        """Return what the model does in a reply to the conversation `before`.

        Raises:
            ReplyError: nothing; the message is written for the model.
        """

    @abstractmethod
    def written(self, data: Any, reasoning: str) -> Message:
        """Return the reply that gives a value, for examples."""

    def onward(self, offer: Offer[Any]) -> str:
        """Return what stands under an observation, so that the model goes on."""
        return offer.wording.next_call.format(finish=self.finish(offer))

    def output(self, offer: Offer[Any]) -> OutputFormat:
        """Return the form of the requests: plain text, where a form needs no other."""
        del offer
        return OutputFormat()

    def observed(self, action: Action, seen: Sequence[Message]) -> tuple[Message, ...]:
        """Return the turns that show what came of each part of an action, given one turn of the caller for each."""
        del action
        return tuple(seen)


def format_named(name: str) -> ActionFormat:
    """Return the form of that name."""
    module, _, kind = _FORMATS[name].partition(":")
    found: type[ActionFormat] = getattr(import_module(f"llm_strategy.reasoning.code_act.{module}"), kind)
    return found()
