"""What differs between two values, line by line; long lines of text are compared sentence by sentence."""

from __future__ import annotations

import json
import re
from difflib import ndiff
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import JsonValue

__all__ = ["text_difference"]

_SENTENCE: Final = re.compile(r"(?<=[.!?:;])\s+|\n")
_MOST: Final = 400
"""Pieces of a text that are compared; of longer ones, one is taken away and the other put in its place."""


def text_difference(before: JsonValue, after: JsonValue) -> Iterator[tuple[str, str]]:
    """Yield what went (`-`), what came (`+`) and what stayed (a space).

    >>> [*text_difference("Be short. Be kind.", "Be short. Be clear.")]
    [(' ', 'Be short.'), ('-', 'Be kind.'), ('+', 'Be clear.')]
    >>> [*text_difference(1.0, 0.5)]
    [('-', '1.0'), ('+', '0.5')]
    """
    old, new = _pieces(before), _pieces(after)
    if max(len(old), len(new)) > _MOST:
        yield from (("-", piece) for piece in old)
        yield from (("+", piece) for piece in new)
        return
    for line in ndiff(old, new, linejunk=None, charjunk=None):
        if line[0] in " +-":
            yield line[0], line[2:]


def _pieces(value: JsonValue) -> list[str]:
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, indent=2).split("\n")
    return [piece for piece in _SENTENCE.split(value) if piece] or ["(empty)"]
