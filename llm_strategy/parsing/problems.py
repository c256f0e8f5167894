"""Say what is wrong with a value, in words that the model will read on its next attempt.

Each problem is one line: where, in backticks; what is wanted; what was found. Few and short, because they are paid for
by the token and a model follows three plain orders better than thirty.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import TruncatedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError

__all__ = ["describe", "one_line", "problems_of", "shown", "summary", "truncated"]

_SHOWN_PROBLEMS: Final = 5
_SHOWN_CHARACTERS: Final = 80
_LONGEST_LINE: Final = 1000
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

_NAMES: Final = {
    "string": "must be a text",
    "integer": "must be a whole number",
    "number": "must be a number",
    "boolean": "must be true or false",
    "null": "must be null",
    "array": "must be a list",
    "object": "must be an object",
}


def describe(kind: str) -> str:
    """Return what is wanted of a value of a JSON type.

    >>> describe("integer")
    'must be a whole number'
    """
    return _NAMES[kind]


def shown(value: Any) -> str:
    """Return a value as JSON, cut to what a problem needs.

    >>> shown("x" * 200)[-3:]
    '...'
    """
    if isinstance(value, str):
        value = value[: 2 * _SHOWN_CHARACTERS]
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


def one_line(problem: str) -> str:
    r"""Return a problem as one line of limited length, with line breaks and control characters as escapes.

    >>> one_line("no\nbreaks")
    'no\\nbreaks'
    """
    line = problem if len(problem) <= _LONGEST_LINE else f"{problem[:_LONGEST_LINE]}..."
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), line)


def problems_of(error: ValidationError, key: str = "") -> list[str]:
    """Return one line for each place where pydantic found a value not to fit.

    Args:
        error: what pydantic raised.
        key: the key under which the value was asked for; it begins each path.
    """
    lines: list[str] = []
    for detail in error.errors(include_url=False, include_context=False):
        path = ".".join(str(part) for part in (*((key,) if key else ()), *detail["loc"]))
        where = f"`{path}`: " if path else ""
        got = "" if detail["type"] == "missing" else f", got {shown(detail['input'])}"
        line = f"{where}{detail['msg']}{got}"
        if line not in lines:
            lines.append(line)
    return lines


def summary(problems: Sequence[str]) -> str:
    """Join problems into the text of an error, the first few in full.

    >>> summary(["`a`: must be a number, got null"])
    'The value does not fit. `a`: must be a number, got null'
    """
    if len(problems) == 1:
        return f"The value does not fit. {one_line(problems[0])}"
    head = "\n".join(f"- {one_line(problem)}" for problem in problems[:_SHOWN_PROBLEMS])
    more = len(problems) - _SHOWN_PROBLEMS
    tail = f"\n- and {more} more" if more > 0 else ""
    return f"The value does not fit in {len(problems)} places:\n{head}{tail}"


def truncated() -> TruncatedError:
    """Return the error for a text that ends inside the value."""
    return TruncatedError(
        "Your reply was cut off inside the value. Reply again, shorter: the whole value, and nothing else."
    )
