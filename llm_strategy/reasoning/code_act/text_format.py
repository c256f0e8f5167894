"""Actions as lines of text: `Action: name(parameter=value)`, and `Final Answer: value`.

The grammar, letters of any case, `Thought: ...` and other lines before it passed over:

```
action  = "Action:" name "(" [argument {"," argument}] ")"        calls a tool; may go on over several lines
        | "Action:" name NEWLINE "Action Input:" (json | text)    the same, as ReAct prompts write it
answer  = "Final Answer:" (json | literal | text)                 gives the value
argument = [parameter "="] literal
literal = text, number, True, False, None, [literal, ...], {literal: literal, ...}, as Python or JSON write them
```
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import MalformedReplyError, NoValueError
from llm_strategy.messages import Message, ToolCall
from llm_strategy.reasoning.code_act.actions import FINISH, Action
from llm_strategy.reasoning.code_act.code_reply import made_up_from
from llm_strategy.reasoning.code_act.formats import ActionFormat
from llm_strategy.reasoning.code_act.spoken import spoken
from llm_strategy.reasoning.code_act.stubs import parameters_of, stub
from llm_strategy.reasoning.code_act.variables import literal
from llm_strategy.reasoning.code_act.written_call import literal_in, read_call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llm_strategy.messages import Reply
    from llm_strategy.reasoning.code_act.offer import Offer

__all__ = ["TextFormat"]

_ACTION = re.compile(r"^[ \t*`#>-]*action[ \t*]*:[ \t*`]*(?P<rest>.*)$", re.IGNORECASE | re.MULTILINE)
_INPUT = re.compile(r"\s*[*`]*action input[ \t*]*:[ \t*`]*(?P<given>.*)", re.IGNORECASE | re.DOTALL)
_ANSWER = re.compile(r"^[ \t*`#>-]*final answer[ \t*]*:[ \t*]*(?P<value>.*)", re.IGNORECASE | re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"[^\W\d]\w*")
_LONGEST = 20_000
_MOST_LINES = 200


class TextFormat(ActionFormat):
    """A model writes a line for each call; see the grammar of the module. Nothing is evaluated."""

    def instructions(self, offer: Offer[Any]) -> str:
        """Return what the prompt says about acting."""
        words = offer.wording
        functions = "\n".join(map(stub, offer.tools))
        told = words.functions.format(functions=functions) if functions else ""
        return words.text.format(functions=told, finish=self.finish(offer), type=offer.type)

    def reminder(self, offer: Offer[Any]) -> str:
        """Return the same in a sentence."""
        return offer.wording.text_reminder.format(finish=self.finish(offer))

    def finish(self, offer: Offer[Any]) -> str:
        """Return how the value is given."""
        parts = ", ".join(f"{json.dumps(name)}: ..." for name in offer.fields)
        return f"Final Answer: {{{parts}}}" if parts else "Final Answer: value"

    def read(self, reply: Reply, offer: Offer[Any], before: Sequence[Message]) -> Action:
        """Return the calls of a reply; a reply that is the value itself counts as the answer.

        Raises:
            ReplyError: there is none.
        """
        del before
        text = spoken(reply)
        parameters: dict[str, Sequence[str]] = {tool.name: parameters_of(tool) for tool in offer.tools}
        first = _ACTION.search(text)
        made_up = None if first is None else made_up_from(text, first.end())
        kept = text[:made_up].rstrip()
        calls = _calls(kept, {FINISH: ("value",), **parameters}, offer)
        if calls:
            return Action(Message.assistant(kept), calls=calls, note="" if made_up is None else offer.wording.invented)
        if arguments := offer.bare(text):
            return Action(Message.assistant(text), calls=(ToolCall(FINISH, arguments),))
        raise NoValueError("There is no line with an action in the reply: nothing was done.", reply=text)

    def written(self, data: Any, reasoning: str) -> Message:
        """Return the reply that gives a value."""
        answer = f"Final Answer: {literal(data)}"
        return Message.assistant(f"Thought: {reasoning}\n{answer}" if reasoning else answer)


def _calls(text: str, parameters: Mapping[str, Sequence[str]], offer: Offer[Any]) -> tuple[ToolCall, ...]:
    answer = _ANSWER.search(text)
    end = len(text) if answer is None else answer.start()
    calls = [_call(text[found.start("rest") : end], parameters) for found in _ACTION.finditer(text, 0, end)]
    if answer is not None and not calls:  # an answer behind a call was given before anybody saw what the call gives
        calls.append(ToolCall(FINISH, _answer(answer["value"].strip().rstrip("`").strip(), offer)))
    return tuple(calls)


def _call(text: str, parameters: Mapping[str, Sequence[str]]) -> ToolCall:
    """Return the call that begins a text."""
    lines = text[:_LONGEST].split("\n")
    head = lines[0].strip().strip("`*").strip()
    if _NAME.fullmatch(head):
        return _with_input(head, "\n".join(lines[1:]), parameters)
    for end in range(1, min(len(lines), _MOST_LINES) + 1):
        call = read_call("\n".join(lines[:end]).strip().strip("`*").strip(), parameters)
        if call is not None:
            return call
    raise MalformedReplyError(
        f"`{head[:200]}` is no call of the form name(parameter=value): nothing was done.", reply=text
    )


def _with_input(name: str, rest: str, parameters: Mapping[str, Sequence[str]]) -> ToolCall:
    found = _INPUT.match(rest)
    if found is None:
        return ToolCall(name, "{}")
    given = found["given"].split("\n\n")[0].strip().rstrip("`").strip()
    known, data = literal_in(given)
    names = parameters.get(name, ())
    if known and isinstance(data, dict):
        return ToolCall(name, json.dumps(data, ensure_ascii=False))
    if len(names) == 1:
        return ToolCall(name, json.dumps({names[0].lstrip("*"): data if known else given}, ensure_ascii=False))
    raise MalformedReplyError(f"The input of {name!r} is no object with its arguments by name.", reply=rest)


def _answer(text: str, offer: Offer[Any]) -> str:
    """Return the arguments of `finish` for what stands behind `Final Answer:`."""
    known, data = literal_in(text)
    candidates = [json.dumps({"value": text}, ensure_ascii=False)]
    if known:
        candidates.insert(0, json.dumps({"value": data}, ensure_ascii=False))
    first_line = text.partition("\n")[0].strip()
    known, data = literal_in(first_line)
    if first_line != text and known:
        candidates.insert(0, json.dumps({"value": data}, ensure_ascii=False))
    return next((one for one in candidates if offer.fits(one)), candidates[0])
