"""Finding the calls in a reply, and telling them from a JSON answer, from code, and from talk about tools.

What stands between the marks of some model's training, such as `<tool_call>`, is meant as a call, whatever tool it
names. Anything else is one only where it names a tool on offer, has the very form of a call, and nothing beside it.

Covered: the forms listed in `marked`, fenced blocks, bare JSON, calls in Python; damaged JSON; drafts in thinking
blocks, which do not count; texts that are built to be slow or deep (`parsing.limits`). Not covered: an answer that was
asked for as `{"name": ..., "arguments": ...}` where a tool of that name is on offer; ReAct's `Action:` lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.errors import OversizedReplyError
from llm_strategy.parsing.calls.marked import marked_calls, without_marks
from llm_strategy.parsing.calls.python import python_calls
from llm_strategy.parsing.calls.span import Span
from llm_strategy.parsing.calls.values import json_calls
from llm_strategy.parsing.limits import MAX_CHARACTERS, Budget
from llm_strategy.parsing.scan import strip_thinking

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from llm_strategy.messages import ToolCall

__all__ = ["FoundCalls", "calls_in"]

_FENCE = re.compile(
    r"^[ \t]{0,20}```[ \t]{0,4}([\w+-]{0,20})[ \t]{0,20}\n(.*?)(?:\n[ \t]{0,20}```|\Z)", re.MULTILINE | re.DOTALL
)
_BARE = re.compile(r"(?:^|(?<=:)|(?<=\s))[ \t]{0,20}(?=[{\[])", re.MULTILINE)
_CODE = frozenset({"", "python", "py", "tool_code", "tool_call"})
_MOST_PLACES = 64


@dataclass(frozen=True, slots=True)
class FoundCalls:
    """What a text says, and what it calls."""

    calls: tuple[ToolCall, ...] = ()
    """The calls in order, without ids; arguments are JSON text, which is damaged only where it could not be mended."""
    text: str = ""
    """What is left without them, and without thinking; the text as it was where there are none."""


def calls_in(text: str, names: Collection[str]) -> FoundCalls:
    """Return the calls that a model has written into its text.

    Takes time in proportion to the length of the text; what it has to give up on counts as text.

    >>> found = calls_in('Let me add. <tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>', ["add"])
    >>> found.calls[0].name, found.calls[0].arguments, found.text
    ('add', '{"a": 1}', 'Let me add.')
    >>> calls_in('{"name": "Ada", "arguments": {}}', ["add"]).calls
    ()

    Args:
        text: what the model said.
        names: the tools on offer; as a mapping, with the names of their parameters in order, by which arguments without
            names can be told.
    """
    if len(text) > MAX_CHARACTERS:
        return FoundCalls(text=text)
    body, unclosed = strip_thinking(text)
    if unclosed:
        return FoundCalls(text=text)
    budget = Budget(len(body))
    for form in (marked_calls, _fenced_calls, _bare_calls, _code_calls):
        spans: list[Span] = []
        try:
            spans.extend(form(body, names, budget))
        except OversizedReplyError:
            return FoundCalls(text=text)
        if spans:
            left = _without(body, spans)
            calls = tuple(call for span in spans for call in span.calls)
            return FoundCalls(calls, without_marks(left).strip() if form is marked_calls else left)
    return FoundCalls(text=text)


def _without(text: str, spans: list[Span]) -> str:
    kept: list[str] = []
    at = 0
    for span in spans:
        kept.append(text[at : span.start])
        at = span.end
    return "".join((*kept, text[at:])).strip()


def _fenced_calls(text: str, names: Collection[str], budget: Budget) -> Iterator[Span]:
    if "```" not in text:
        return
    for number, block in enumerate(_FENCE.finditer(text)):
        budget.spend(characters=block.end() - block.start())
        if number >= _MOST_PLACES:
            return
        inside = block[2].lstrip()
        if inside[:1] in {"{", "["}:
            found = json_calls(block[2], block.end(2) - block.start(2) - len(inside), names, budget, whole=True)
            calls = found.calls if found else python_calls(inside, names, budget)
        else:
            calls = python_calls(inside, names, budget) if block[1].lower() in _CODE else ()
        if calls:
            yield Span(block.start(), block.end(), calls)


def _bare_calls(text: str, names: Collection[str], budget: Budget) -> Iterator[Span]:
    if not any(name in text for name in names):
        return
    at = 0
    for _ in range(_MOST_PLACES):
        place = _BARE.search(text, at)
        if place is None:
            return
        budget.spend(characters=place.end() - at)
        found = json_calls(text, place.end(), names, budget)
        if found is not None and found.calls:
            yield found
        at = place.end() + 1 if found is None else max(found.end, place.end() + 1)


def _code_calls(text: str, names: Collection[str], budget: Budget) -> Iterator[Span]:
    """Calls in Python: the whole text, or its last line."""
    whole = text.strip()
    calls = python_calls(whole, names, budget)
    if calls:
        yield Span(0, len(text), calls)
        return
    start = whole.rfind("\n") + 1
    calls = python_calls(whole[start:].strip(" \t`"), names, budget) if start else ()
    if calls:
        yield Span(text.rindex(whole) + start, len(text), calls)
