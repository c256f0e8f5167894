"""Calls as JSON data: `{"name": ..., "arguments": {...}}` and its relatives."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import MalformedReplyError
from llm_strategy.messages import ToolCall
from llm_strategy.parsing.calls.span import Span
from llm_strategy.parsing.plain import is_list, is_object
from llm_strategy.parsing.scan import next_candidate
from llm_strategy.parsing.strict_json import parse_strictly

if TYPE_CHECKING:
    from collections.abc import Collection

    from llm_strategy.parsing.limits import Budget
    from llm_strategy.parsing.scan import Candidate

__all__ = ["json_calls", "meant_calls", "plain_name"]

_NAMES: Final = ("name", "tool_name", "function_name", "tool", "function", "action", "recipient_name")
_ARGUMENTS: Final = ("arguments", "parameters", "args", "input", "kwargs", "params", "tool_input", "action_input")
_HOLDERS: Final = ("function", "function_call", "tool_call")
_LISTS: Final = ("tool_calls", "function_calls", "tool_uses", "calls")
_BESIDE: Final = frozenset(
    {"id", "type", "call_id", "tool_call_id", "index", "thought", "thoughts", "reason", "reasoning"}
)
_MOST_LAYERS: Final = 4
_BETWEEN = re.compile(r"\s*+[,;]?\s*+")
_NAMED = re.compile(r'"(?:name|tool|function)"\s{0,20}:\s{0,20}"([\w.:-]{1,128})"')
_RAW = re.compile(r'"(?:arguments|parameters|args|input)"\s{0,20}:\s{0,20}')


def json_calls(text: str, at: int, names: Collection[str], budget: Budget, *, whole: bool = False) -> Span | None:
    """Return the calls of tools on offer in the JSON value at `at`; none where it is another value, or none at all.

    With `whole`, nothing else may stand in the text but more such values.
    """
    calls: list[ToolCall] = []
    start, end = at, at
    while True:
        found = _value_at(text, at, budget)
        if found is None:
            break
        read = None if found.cut and not found.closable else _calls(found.value, names)
        if not read:
            return Span(start, found.end) if not calls else None if whole else Span(start, end, tuple(calls))
        calls += read
        end = found.end
        at = _next(text, end)
    if whole and text[end:].strip(" \t\r\n,;"):
        return None
    return Span(start, end, tuple(calls)) if calls else None


def meant_calls(text: str, at: int, end: int, budget: Budget) -> Span | None:
    """Return the calls in the JSON at `at`, where a mark says that it is meant as one, of whatever tool.

    What cannot be mended is kept as it is, up to `end`: its reader says what is wrong with it.
    """
    calls: list[ToolCall] = []
    start = stop = at
    while at < end and text[at] in "{[" and (found := _value_at(text, at, budget)) is not None:
        read = _calls(found.value, None) if not found.cut or found.closable else ()
        if not read:
            break
        calls += read
        stop = found.end
        at = _next(text, stop)
    if calls:
        return Span(start, stop, tuple(calls))
    named = _NAMED.search(text, start, min(end, start + 1_000))
    if named is None:
        return None
    raw = _RAW.search(text, named.end(), end)
    return Span(start, end, (ToolCall(plain_name(named[1]), text[raw.end() : end].strip() if raw else ""),))


def plain_name(name: str) -> str:
    """Return the name of a tool without the name space that some models put before it."""
    return name.removeprefix("functions.").removeprefix("default_api.").strip()


def _next(text: str, at: int) -> int:
    match = _BETWEEN.match(text, at)
    return at if match is None else match.end()


def _value_at(text: str, at: int, budget: Budget) -> Candidate | None:
    if at >= len(text) or text[at] not in "{[":
        return None
    try:
        found = next_candidate(text, at, budget)
    except MalformedReplyError:
        return None
    return found if found is not None and found.start == at else None


def _calls(value: Any, names: Collection[str] | None, layer: int = 0) -> tuple[ToolCall, ...]:
    """Return the calls that a value consists of; none where anything in it is something else."""
    if layer > _MOST_LAYERS:
        return ()
    if is_list(value):
        each = [_calls(one, names, layer + 1) for one in value]
        return tuple(call for calls in each for call in calls) if all(each) else ()
    if not is_object(value):
        return ()
    for key in (*_LISTS, *_HOLDERS):
        inner = value.get(key)
        if (is_list(inner) if key in _LISTS else is_object(inner)) and set(value) - {key} <= _BESIDE | {"content"}:
            return _calls(inner, names, layer + 1)
    call = _call(value, names)
    return () if call is None else (call,)


def _call(value: dict[str, Any], names: Collection[str] | None) -> ToolCall | None:
    key = next((one for one in _NAMES if isinstance(value.get(one), str)), None)
    holder = next((one for one in _ARGUMENTS if one in value), None)
    if key is None or set(value) - {key, holder} - _BESIDE:
        return None
    name = plain_name(value[key])
    if not name or (names is not None and (name not in names or holder is None)):
        return None
    arguments = _arguments(None if holder is None else value[holder])
    return None if arguments is None else ToolCall(name, arguments)


def _arguments(value: Any) -> str | None:
    """Return arguments as JSON text; None for what are none."""
    if isinstance(value, str):
        if not value.strip():
            return "{}"
        try:
            value = parse_strictly(value)
        except ValueError:
            return value if value.lstrip()[:1] == "{" else None
    if value is None or value == []:
        return "{}"
    return json.dumps(value, ensure_ascii=False) if is_object(value) else None
