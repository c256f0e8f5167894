r"""Calls between the marks that models were trained on.

`<tool_call>{"name": ..., "arguments": ...}</tool_call>` (Hermes, Qwen, GLM), `<function=name>{...}</function>` and the
same with `<parameter=x>` (Llama, Qwen-Coder), `<invoke name="..."><parameter name="...">` (Claude),
`[TOOL_CALLS] [...]` and `[TOOL_CALLS]name[ARGS]{...}` (Mistral), `<|python_tag|>` (Llama), `<|tool_call|>[...]`
(Granite),
`functions.name({...})` and `functions.name:0 ... {...}` (Kimi), `to=functions.name ...<|message|>{...}` (gpt-oss),
DeepSeek's marks, which are written with a wide bar (U+FF5C).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from llm_strategy.messages import ToolCall
from llm_strategy.parsing.calls.python import python_calls
from llm_strategy.parsing.calls.span import Span
from llm_strategy.parsing.calls.values import meant_calls, plain_name
from llm_strategy.parsing.plain import is_object
from llm_strategy.parsing.scan import next_candidate
from llm_strategy.parsing.strict_json import parse_strictly

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from llm_strategy.parsing.limits import Budget

__all__ = ["marked_calls", "without_marks"]

_MARK = re.compile(
    r"<tool_calls?>|<function_calls?>|<functioncall>|<\|(?:tool_calls?|python_tag|plugin)\|>|\[TOOL_CALLS\]"
    r"|<\uff5ctool\u2581sep\uff5c>|<\|tool_call_begin\|>"
    r"|<function=(?P<function>[\w.:-]{1,128})>"
    r'|<invoke name="(?P<invoke>[^"<>\n]{1,128})">'
    r"|(?<![\w./])(?:to=)?functions\.(?P<dotted>[\w-]{1,128})"
)
_END = re.compile(
    r"</(?:tool_calls?|function_calls?|functioncall|function|invoke)>|<\|(?:tool_call_end|eom_id|eot_id|im_end)\|>"
    r"|<\uff5ctool\u2581call\u2581end\uff5c>|<\uff5ctool\u2581calls\u2581end\uff5c>"
)
_BEFORE = re.compile(r"(?:\s{1,100}+|```[a-z_]{0,10}|<tool_call>){0,4}")
_AFTER = re.compile(r"(?:\s{0,100}+(?:```|\]))?(?:\s{0,100}+(?:" + _END.pattern + r"))*")
_NAME = re.compile(
    r"([A-Za-z_][\w.-]{0,127})(?:\s{0,20}\[ARGS\]|\s{0,20}\n)?\s{0,20}(?:```(?:json)?\s{0,20})?(?=[{(<])"
)
_UP_TO_VALUE = re.compile(
    r"(?::\d{1,3})?(?:\s{0,20}<\|[a-z_]{1,30}\|>(?:json|commentary)?|\s{0,20}json){0,4}\s{0,20}\(?\s{0,20}(?=\{)"
)
_PARAMETER = re.compile(
    r'\s{0,100}<parameter(?:=([\w.-]{1,128})|\s{1,4}name="([^"<>\n]{1,128})")>\n?(.*?)\n?</parameter>', re.DOTALL
)
_PAIR = re.compile(
    r"\s{0,100}<arg_key>\s{0,20}([^<]{1,128}?)\s{0,20}</arg_key>\s{0,20}<arg_value>(.*?)</arg_value>", re.DOTALL
)
_TAGGED = (("<parameter", "</parameter>", _PARAMETER), ("<arg_key>", "</arg_value>", _PAIR))
_LEFT = re.compile(
    r"<tool_calls?>|<function_calls?>|<functioncall>|<\|(?:tool_calls?|python_tag|plugin|tool_call_begin)\|>"
    r"|\[TOOL_CALLS\]|<\uff5ctool\u2581calls?\u2581(?:begin|end)\uff5c>(?:function)?|<\|(?:start|channel|constrain|message|call)\|>"
    r"(?:assistant|commentary|json)?|" + _END.pattern
)
_MOST_MARKS = 256
_MOST_PARAMETERS = 64


def marked_calls(text: str, names: Collection[str], budget: Budget) -> Iterator[Span]:
    """Yield the calls behind marks, of whatever tool."""
    at = 0
    for _ in range(_MOST_MARKS):
        mark = _MARK.search(text, at)
        if mark is None:
            return
        budget.spend(4, characters=mark.end() - at)
        found = _behind(text, mark, names, budget)
        if found is None:
            at = mark.end()
            continue
        after = _AFTER.match(text, found.end)
        at = max(found.end if after is None else after.end(), mark.end())
        yield Span(mark.start(), at, found.calls)


def without_marks(text: str) -> str:
    """Return what is left beside calls, without the marks around them."""
    return _LEFT.sub("", text)


def _behind(text: str, mark: re.Match[str], names: Collection[str], budget: Budget) -> Span | None:
    if mark["dotted"] is not None:
        value = _UP_TO_VALUE.match(text, mark.end()) if mark["dotted"] in names else None
        return None if value is None else _arguments(text, mark["dotted"], value.end(), budget)
    name = mark["function"] or mark["invoke"]
    if name is not None:
        return _arguments(text, plain_name(name), mark.end(), budget)
    before = _BEFORE.match(text, mark.end())
    at = mark.end() if before is None else before.end()
    if text[at : at + 1] in {"{", "["}:
        return meant_calls(text, at, _end(text, at, budget), budget) or _pythonic(text, at, names, budget)
    named = _NAME.match(text, at)
    if named is None or text.startswith("<function", named.end()):
        return None
    if text[named.end()] == "(":
        return _pythonic(text, at, names, budget)
    return _arguments(text, plain_name(named[1]), named.end(), budget)


def _end(text: str, at: int, budget: Budget) -> int:
    end = _END.search(text, at)
    stop = len(text) if end is None else end.start()
    budget.spend(characters=stop - at)
    return stop


def _pythonic(text: str, at: int, names: Collection[str], budget: Budget) -> Span | None:
    end = _end(text, at, budget)
    calls = python_calls(text[at:end].strip(), names, budget)
    return Span(at, end, calls) if calls else None


def _arguments(text: str, name: str, at: int, budget: Budget) -> Span | None:
    """Read the arguments of a call whose name is known: JSON, or parameters in tags."""
    at += len(text[at : at + 100]) - len(text[at : at + 100].lstrip())
    for opening, closing, pattern in _TAGGED:
        if text.startswith(opening, at):
            return _tagged(text, name, at, closing, pattern, budget)
    end = _end(text, at, budget)
    if text[at : at + 1] != "{":
        empty = end < len(text) and not text[at:end].strip(" \t\r\n()")
        return Span(at, end, (ToolCall(name, "{}"),)) if empty else None
    found = next_candidate(text, at, budget)
    if found is None or (found.cut and not found.closable) or not is_object(found.value):
        return Span(at, end, (ToolCall(name, text[at:end].strip()),))
    stop = found.end + 1 if text[found.end : found.end + 1] == ")" else found.end
    return Span(at, stop, (ToolCall(name, json.dumps(found.value, ensure_ascii=False)),))


def _tagged(text: str, name: str, at: int, closing: str, pattern: re.Pattern[str], budget: Budget) -> Span:
    values: dict[str, Any] = {}
    start = at
    for _ in range(_MOST_PARAMETERS):
        end = text.find(closing, at)
        budget.spend(4, characters=(len(text) if end < 0 else end) - at)
        part = None if end < 0 else pattern.match(text, at)
        if part is None:
            break
        *keys, value = part.groups()
        values[next(key for key in keys if key)] = _value(value)
        at = part.end()
    return Span(start, at, (ToolCall(name, json.dumps(values, ensure_ascii=False)),))


def _value(text: str) -> Any:
    """Return the data behind a text in tags, where it is a number, a truth value or a container; else the text."""
    try:
        value = parse_strictly(text)
    except ValueError:
        return text
    return text if isinstance(value, str) else value
