"""Parse well-formed JSON with the compiled parser, letting nothing infinite through."""

from __future__ import annotations

import math
import re
from typing import Any

from pydantic_core import from_json

from llm_strategy.parsing.plain import is_list, is_object

__all__ = ["MAYBE_INFINITE", "parse_strictly"]

MAYBE_INFINITE = re.compile(r"nan|inf|\d[eE]\+?\d{3}|\d{300}", re.IGNORECASE)
"""Found in every JSON text that could come out as a number that is not finite."""


def parse_strictly(text: str) -> Any:
    """Return the plain data of a JSON text.

    Raises:
        ValueError: it is not JSON, nests too deep, or holds a number that is not finite.
    """
    try:
        value = from_json(text, allow_inf_nan=False)
    except TypeError as error:  # a lone surrogate has no bytes
        raise ValueError(str(error)) from error
    if MAYBE_INFINITE.search(text) and _has_infinite(value):
        raise ValueError("a number is too large")
    return value


def _has_infinite(value: Any) -> bool:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, float) and not math.isfinite(item):
            return True
        if is_list(item):
            stack.extend(item)
        elif is_object(item):
            stack.extend(item.values())
    return False
