"""Rendering of argument values: what changes from call to call, so it comes last in a prompt."""

from __future__ import annotations

import json
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from llm_strategy.messages import is_encodable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["fenced", "rendered_inputs"]

_READS_AS_JSON = re.compile(r"null|true|false|NaN|-?Infinity|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|\".*\"")
_LINE_BREAKS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})
"""Characters that end a line for a reader, and that JSON leaves as they are."""


def rendered_inputs(
    inputs: Mapping[str, Any], blocks: Mapping[str, Callable[[Any], str]] = MappingProxyType({})
) -> str:
    r"""Return JSON-able inputs as text, one `name: value` each.

    Short text stands as it is, so that it costs no escapes; text of several lines stands in a fence that is longer than
    any run of backticks in it, so that it cannot pretend to be another input; anything else is JSON. Text that reads as
    another JSON value, such as `null` or `42`, keeps its quotes.

    >>> print(rendered_inputs({"query": "born in 1990", "limit": 3}))
    query: born in 1990
    limit: 3

    Args:
        inputs: argument values by name.
        blocks: what renders the values of some of them instead.
    """
    return "\n".join(f"{_line(name)}:{blocks.get(name, _rendered)(value)}" for name, value in inputs.items())


def fenced(text: str, language: str = "") -> str:
    """Return a text in a fence that is longer than any run of backticks in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def _line(name: str) -> str:
    return name if name.isprintable() else _json(name)


def _rendered(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or _READS_AS_JSON.fullmatch(value) or not is_encodable(value):
        return f" {_json(value)}"
    if len(value.splitlines()) == 1 and value == value.strip():
        return f" {value}"
    return f"\n{fenced(value)}"


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False).translate(_LINE_BREAKS)
    return text if is_encodable(text) else json.dumps(value)
