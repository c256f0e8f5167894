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
from dataclasses import dataclass, field
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
_MOST_CALLS = 50


class TextFormat(ActionFormat):
    """A model writes a line for each call; see the grammar of the module. Nothing is evaluated."""

    def instructions(self, offer: Offer[Any]) -> str:
        """Return what the prompt says about acting."""
        words = offer.wording
        functions = "\n".join(map(stub, offer.tools))
        told = words.tools.format(functions=functions) if functions else ""
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
        read = _read(text, {FINISH: ("value",), **parameters}, offer)
        if read.calls:
            notes = offer.wording.invented if read.invented else "", offer.wording.early if read.early else ""
            turn = Message.assistant(text[: read.end].rstrip())
            return Action(turn, calls=tuple(read.calls), note="\n".join(filter(None, notes)))
        if arguments := offer.bare(text):
            return Action(Message.assistant(text), calls=(ToolCall(FINISH, arguments),))
        raise NoValueError("There is no line with an action in the reply: nothing was done.", reply=text)

    def written(self, data: Any, reasoning: str) -> Message:
        """Return the reply that gives a value."""
        answer = f"Final Answer: {literal(data)}"
        return Message.assistant(f"Thought: {reasoning}\n{answer}" if reasoning else answer)


@dataclass(slots=True)
class _Read:
    end: int
    """Where what the model made up begins."""
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    invented: bool = False
    early: bool = False
    """Whether there was an answer behind the calls."""


def _read(text: str, parameters: Mapping[str, Sequence[str]], offer: Offer[Any]) -> _Read:
    """Read one call after the other: what stands in the arguments of one is neither an action nor an observation."""
    read, place = _Read(len(text)), 0
    while len(read.calls) < _MOST_CALLS:
        found, answer = _ACTION.search(text, place, read.end), _ANSWER.search(text, place, read.end)
        if answer is not None and (found is None or answer.start() < found.start()):
            read.early = bool(read.calls)  # it was given before anybody saw what the calls give
            if not read.early:
                read.calls.append(ToolCall(FINISH, _answer(answer["value"].strip().rstrip("`").strip(), offer)))
            break
        if found is None:
            break
        start = found.start("rest")
        call, length = _call(text[start : read.end], parameters)
        place = start + length
        made_up = None if read.calls else made_up_from(text, place)
        if made_up is not None:
            read.end, read.invented = made_up, True
        read.early = call.name == FINISH and bool(read.calls)
        if read.early:
            break
        read.calls.append(call)
    return read


def _call(text: str, parameters: Mapping[str, Sequence[str]]) -> tuple[ToolCall, int]:
    """Return the call that begins a text, and how long it is."""
    lines = text[:_LONGEST].split("\n")
    head = lines[0].strip().strip("`*").strip()
    if _NAME.fullmatch(head):
        call, length = _with_input(head, text[len(lines[0]) :], parameters)
        return call, len(lines[0]) + length
    for end in range(1, min(len(lines), _MOST_LINES) + 1):
        tried = "\n".join(lines[:end])
        call_here = read_call(tried.strip().strip("`*").strip(), parameters)
        if call_here is not None:
            return call_here, len(tried)
    raise MalformedReplyError(
        f"`{head[:200]}` is no call of the form name(parameter=value): nothing was done.", reply=text
    )


def _with_input(name: str, rest: str, parameters: Mapping[str, Sequence[str]]) -> tuple[ToolCall, int]:
    """Return the call of a tool whose input stands in the next line, and how long that is."""
    found = _INPUT.match(rest)
    if found is None:
        return ToolCall(name, "{}"), 0
    begin = found.start("given")
    ends = [rest.find("\n\n", begin), made_up_from(rest, begin)]
    ends += [mark.start() for mark in (_ACTION.search(rest, begin), _ANSWER.search(rest, begin)) if mark is not None]
    end = min((one for one in ends if one is not None and one >= 0), default=len(rest))
    given = rest[begin:end].strip().rstrip("`").strip()
    known, data = literal_in(given)
    names = parameters.get(name, ())
    if known and isinstance(data, dict):
        return ToolCall(name, json.dumps(data, ensure_ascii=False)), end
    if len(names) == 1:
        value = data if known else given
        return ToolCall(name, json.dumps({names[0].lstrip("*"): value}, ensure_ascii=False)), end
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
