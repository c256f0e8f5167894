"""Actions as tool calls of the model's own interface."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llm_strategy.chat import read_turn
from llm_strategy.errors import NoValueError
from llm_strategy.flow import OutputFormat, ToolSpec
from llm_strategy.messages import Message, ToolCall
from llm_strategy.parsing.calls import calls_in
from llm_strategy.reasoning.code_act.actions import FINISH, Action
from llm_strategy.reasoning.code_act.calls_first import before_finish
from llm_strategy.reasoning.code_act.code_reply import made_up_from
from llm_strategy.reasoning.code_act.formats import ActionFormat
from llm_strategy.reasoning.code_act.offer import VALUE
from llm_strategy.reasoning.code_act.spoken import spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.messages import Reply
    from llm_strategy.reasoning.code_act.offer import Offer

__all__ = ["NativeFormat"]

_MOST_LABELS = 20
"""How many lines are looked at that may begin what a model made up."""


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

    def onward(self, offer: Offer[Any]) -> str:
        """Return nothing: a model knows how to go on behind the answer of a tool of its own interface."""
        del offer
        return ""

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
        tools = self.output(offer).tools
        kept = _before_made_up(text, tools, called=bool(reply.message.tool_calls))
        said = replace(reply.message, content=kept)
        turn = read_turn(replace(reply, message=said), tools, before) if kept or said.tool_calls else None
        if turn is not None and turn.calls:
            calls = before_finish(turn.calls)
            notes = offer.wording.invented if kept != text else "", offer.wording.early if calls != turn.calls else ""
            said = replace(turn.message, tool_calls=turn.message.tool_calls[: len(calls)])
            return Action(said, calls=_enveloped(calls, offer), note="\n".join(filter(None, notes)))
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


def _before_made_up(text: str, tools: Sequence[ToolSpec], *, called: bool) -> str:
    """Return a text without what the model made up behind its first call; all of it where there is nothing of that."""
    names = {tool.name: tuple(tool.schema.get("properties", ())) for tool in tools}
    start = 0
    for _ in range(_MOST_LABELS):
        place = made_up_from(text, start)
        if place is None:
            break
        if called or calls_in(text[:place], names).calls:
            return text[:place].rstrip()
        start = text.find("\n", place) + 1 or len(text)
    return text


def _enveloped(calls: Sequence[ToolCall], offer: Offer[Any]) -> tuple[ToolCall, ...]:
    """Return calls with the value of `finish` in its envelope: here its fields were asked for, without one."""
    return tuple(_with_envelope(call, offer) if call.name == FINISH else call for call in calls)


def _with_envelope(call: ToolCall, offer: Offer[Any]) -> ToolCall:
    try:
        given: Any = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return call
    whole = json.dumps({VALUE: given}, ensure_ascii=False)
    return replace(call, arguments=whole) if VALUE in offer.fields and offer.fits(whole) else call
