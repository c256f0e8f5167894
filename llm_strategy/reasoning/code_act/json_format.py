"""Actions as JSON: one object that names a tool and its arguments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import MalformedReplyError, NoValueError
from llm_strategy.messages import Message, ToolCall
from llm_strategy.parsing.limits import Budget
from llm_strategy.parsing.scan import next_candidate
from llm_strategy.reasoning.code_act.actions import FINISH, Action
from llm_strategy.reasoning.code_act.calls_first import before_finish
from llm_strategy.reasoning.code_act.code_reply import made_up_from
from llm_strategy.reasoning.code_act.formats import ActionFormat
from llm_strategy.reasoning.code_act.spoken import spoken
from llm_strategy.schema import compact_schema
from llm_strategy.schema.json_data import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llm_strategy.messages import Reply
    from llm_strategy.reasoning.code_act.offer import Offer
    from llm_strategy.tools import Tool

__all__ = ["JsonFormat", "calls_in", "described"]

_NAMES = ("name", "tool", "action", "function", "tool_name")
_ARGUMENTS = ("arguments", "args", "parameters", "input", "action_input", "tool_input", "kwargs")
_MOST_CALLS = 50


class JsonFormat(ActionFormat):
    """A model writes an object for each call: `{"tool": ..., "arguments": {...}}`.

    Several objects, or a list of them, are called one after the other. The names that other libraries use for the two
    keys (`name`, `action`, `args`, `parameters`, ...) are understood, and damaged JSON is mended as in any reply.
    """

    def instructions(self, offer: Offer[Any]) -> str:
        """Return what the prompt says about acting."""
        words = offer.wording
        functions = "\n".join(map(described, offer.tools))
        told = words.tools.format(functions=functions) if functions else ""
        return words.json.format(functions=told, finish=self.finish(offer), type=offer.type)

    def reminder(self, offer: Offer[Any]) -> str:
        """Return the same in a sentence."""
        return offer.wording.json_reminder.format(finish=self.finish(offer))

    def finish(self, offer: Offer[Any]) -> str:
        """Return how the value is given."""
        parts = ", ".join(f"{json.dumps(name)}: ..." for name in offer.fields)
        value = f"{{{parts}}}" if parts else "..."
        return f'{{"tool": "{FINISH}", "arguments": {{"value": {value}}}}}'

    def read(self, reply: Reply, offer: Offer[Any], before: Sequence[Message]) -> Action:
        """Return the calls of a reply; a reply that is the value itself counts as a call of `finish`.

        Raises:
            ReplyError: there is none.
        """
        del before
        text = spoken(reply)
        calls, kept = calls_in(text)
        if calls:
            done = before_finish(calls)
            notes = (
                offer.wording.invented if len(kept) < len(text.rstrip()) else "",
                offer.wording.early if done != calls else "",
            )
            return Action(Message.assistant(kept), calls=done, note="\n".join(filter(None, notes)))
        if arguments := offer.bare(text):
            return Action(Message.assistant(text), calls=(ToolCall(FINISH, arguments),))
        raise NoValueError("There is no call of a tool in the reply: nothing was done.", reply=text)

    def written(self, data: Any, reasoning: str) -> Message:
        """Return the reply that gives a value."""
        call = json.dumps({"tool": FINISH, "arguments": {"value": data}}, ensure_ascii=False)
        return Message.assistant(f"{reasoning}\n{call}" if reasoning else call)


def described(tool: Tool[..., Any]) -> str:
    """Return a tool as a line: its name, its arguments and what it is for."""
    shape = compact_schema(tool.signature.arguments.json_schema)
    return f"- {tool.name}, arguments {' '.join(shape.split())}: {' '.join(tool.description.split())}"


def calls_in(text: str) -> tuple[tuple[ToolCall, ...], str]:
    """Return the calls that are written in a text as JSON, and the text without what was made up behind one.

    Raises:
        MalformedReplyError: the last one has no end.
        OversizedReplyError: the text takes too long to be read.
    """
    budget, place = Budget(len(text)), 0
    calls: list[ToolCall] = []
    end = len(text)
    while len(calls) < _MOST_CALLS and (found := next_candidate(text[:end], place, budget)) is not None:
        here = list(_calls(found.value))
        if here and found.cut and not found.closable:
            raise MalformedReplyError("The JSON of the call has no end: nothing was done. Send it again.", reply=text)
        if here and not calls:
            made_up = made_up_from(text, found.end)
            end = end if made_up is None else made_up
        calls.extend(here)
        place = max(found.end, place + 1)
    return tuple(calls), text[:end].rstrip()


def _calls(data: Any) -> Iterator[ToolCall]:
    if is_list(data):
        for one in data:
            yield from _calls(one)
    elif is_object(data):
        call = _call(data)
        if call is not None:
            yield call


def _call(data: Mapping[str, Any]) -> ToolCall | None:
    inner = data.get("function", data.get("action"))
    if is_object(inner):  # {"function": {"name": ..., "arguments": ...}}
        return _call(inner)
    key = next((key for key in _ARGUMENTS if key in data), None)
    names = _NAMES if key is not None else _NAMES[1:]  # many a value has a `name`
    name = next((data[one] for one in names if isinstance(data.get(one), str)), None)
    if name is None:
        return ToolCall(FINISH, json.dumps({"value": data[FINISH]})) if list(data) == [FINISH] else None
    given: Any = {} if key is None else data[key]
    return ToolCall(name, given if isinstance(given, str) and given.strip()[:1] in "{[" else json.dumps(given))
