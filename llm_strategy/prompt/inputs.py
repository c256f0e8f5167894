"""Rendering of argument values: what changes from call to call, so it comes last in a prompt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["rendered_inputs"]


def rendered_inputs(inputs: Mapping[str, Any]) -> str:
    r"""Return JSON-able inputs as text, one `name: value` each.

    Short text stands as it is, so that it costs no escapes; text of several lines stands in a fence that is longer than
    any run of backticks in it, so that it cannot pretend to be another input; anything else is JSON.

    >>> print(rendered_inputs({"query": "born in 1990", "limit": 3}))
    query: born in 1990
    limit: 3
    """
    return "\n".join(f"{name}:{_rendered(value)}" for name, value in inputs.items())


def _rendered(value: Any) -> str:
    if not isinstance(value, str):
        return f" {json.dumps(value, ensure_ascii=False)}"
    if value and len(value.splitlines()) == 1 and value == value.strip():
        return f" {value}"
    if not value.strip():
        return f" {json.dumps(value, ensure_ascii=False)}"
    fence = "`" * max(3, _longest_run(value) + 1)
    return f"\n{fence}\n{value}\n{fence}"


def _longest_run(text: str) -> int:
    longest = current = 0
    for character in text:
        current = current + 1 if character == "`" else 0
        longest = max(longest, current)
    return longest
