"""Whether an answer is the expected one.

The original takes an answer that equals the expected one, or does so once both are read as whole numbers or else as
numbers, or is written the same. Reading cuts a float to its whole part, so it takes 237.1 for 237.942 from a program,
but not the text "237.94", which the tasks ask for ("xx.xx"). Here numbers, also in texts, may be off by a cent; truth
values and numbers may stand in texts; lists and dicts are compared part by part; texts but for the space around them.
"""

from __future__ import annotations

import ast
from typing import Any, cast

__all__ = ["right"]

CENT = 0.01 + 1e-9


def right(answer: Any, expected: Any) -> bool:
    """Return whether an answer is right.

    >>> right("237.94", 237.942), right("True", False), right(["1", 2.0], [1, 2]), right(" Ada ", "Ada")
    (True, False, True, True)
    """
    if isinstance(expected, str):
        return isinstance(answer, str) and answer.strip().strip("'\"") == expected.strip()
    answer = _read(answer) if isinstance(answer, str) else answer
    if isinstance(expected, bool) or isinstance(answer, bool):
        return answer is expected
    if isinstance(expected, int | float):
        return isinstance(answer, int | float) and abs(answer - expected) <= CENT
    if isinstance(expected, list):
        wanted = cast("list[Any]", expected)
        found = list(cast("list[Any]", answer)) if isinstance(answer, list | tuple) else []
        return len(found) == len(wanted) and all(map(right, found, wanted))
    if isinstance(expected, dict):
        parts = cast("dict[str, Any]", expected)
        named = cast("dict[str, Any]", answer if isinstance(answer, dict) else {})
        return named.keys() == parts.keys() and all(right(named[key], parts[key]) for key in parts)
    return answer == expected


def _read(text: str) -> Any:
    try:
        return ast.literal_eval(text.strip().lstrip("$"))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
