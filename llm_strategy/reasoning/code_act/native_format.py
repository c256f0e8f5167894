"""Actions as tool calls of the model's own interface."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llm_strategy.chat import read_turn
from llm_strategy.errors import NoValueError
from llm_strategy.flow import OutputFormat, ToolSpec
from llm_strategy.messages import Message, ToolCall
from llm_strategy.reasoning.code_act.actions import FINISH, Action
from llm_strategy.reasoning.code_act.formats import ActionFormat
from llm_strategy.reasoning.code_act.spoken import spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.messages import Reply
    from llm_strategy.reasoning.code_act.offer import Offer

__all__ = ["NativeFormat"]


class NativeFormat(ActionFormat):
    """A model calls tools as its provider lets it; `finish` is one of them, with the fields of the value.

    A call that is written into the text, as small models do, is read from there.
    """

    def instructions(self, offer: Offer[Any]) -> str:
        """Return what the prompt says about acting; the tools go beside it."""
        return offer.wording.native.format(functions="", finish=self.finish(offer), type=offer.type)

    def reminder(self, offer: Offer[Any]) -> str:
        """Return the same in a sentence."""
        return offer.wording.native_reminder.format(finish=self.finish(offer))

    def finish(self, offer: Offer[Any]) -> str:
        """Return how the value is given."""
        del offer
        return f"the tool `{FINISH}`."

    def output(self, offer: Offer[Any]) -> OutputFormat:
        """Return the form of the requests, with the tools."""
        own = [tool.spec for tool in offer.tools]
        finish = ToolSpec(FINISH, "Give the return value, and end.", offer.output.wrapped_schema)
        return OutputFormat(tools=(*own, finish))

    def read(self, reply: Reply, offer: Offer[Any], before: Sequence[Message]) -> Action:
        """Return the calls of a reply; a reply that is the value itself counts as a call of `finish`.

        Raises:
            ReplyError: there is none.
        """
        text = spoken(reply, called=True)
        turn = read_turn(reply, self.output(offer).tools, before)
        if turn.calls:
            return Action(turn.message, calls=turn.calls)
        if arguments := offer.bare(text):
            return Action(Message.assistant(text), calls=(ToolCall(FINISH, arguments),))
        raise NoValueError("No tool was called: nothing was done.", reply=text)

    def written(self, data: Any, reasoning: str) -> Message:
        """Return the reply that gives a value."""
        call = json.dumps({"name": FINISH, "arguments": data}, ensure_ascii=False)
        return Message.assistant(f"{reasoning}\n{call}" if reasoning else call)

    def observed(self, action: Action, seen: Sequence[Message]) -> tuple[Message, ...]:
        """Return the turns that show what came of an action: the answers to the calls, where they have ids."""
        if not action.turn.tool_calls:
            return tuple(seen)
        answers = [
            replace(one, role="tool", tool_call_id=call.id) for call, one in zip(action.calls, seen, strict=False)
        ]
        return (*answers, *seen[len(answers) :])
