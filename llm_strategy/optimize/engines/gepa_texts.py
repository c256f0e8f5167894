"""Values as texts: gepa knows nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.optimize.search.candidate import Values

__all__ = ["as_texts", "as_values"]


def as_texts(values: Values) -> dict[str, str]:
    """Return a text for each value: texts as they are, JSON for everything else, and for texts that look like JSON.

    >>> as_texts({"a": "Say it.", "b": 4, "c": "4"})
    {'a': 'Say it.', 'b': '4', 'c': '"4"'}
    """
    return {path: _text(values[path]) for path in sorted(values)}


def as_values(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values that texts stand for.

    >>> as_values({"a": "Say it.", "b": "4", "c": '"4"'})
    {'a': 'Say it.', 'b': 4, 'c': '4'}
    """
    return {path: _value(text) for path, text in texts.items()}


def _text(value: object) -> str:
    if isinstance(value, str) and _value(value) is value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
