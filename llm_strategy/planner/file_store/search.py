"""Finding words in the files of a workspace. Plain text only: a pattern of a model's could run for ever."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Hit", "hits_in"]

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that holds what was searched."""

    path: str
    """The file."""
    line: int
    """Number of the line, from 1."""
    text: str
    """The line, cut to a length."""


def hits_in(files: Iterable[tuple[str, str]], words: str, *, where: str = "*", most: int = 50) -> Iterator[Hit]:
    r"""Iterate over the lines that hold `words`, whatever their case, in files whose paths match the pattern `where`.

    >>> [hit.line for hit in hits_in([("a.py", "one\nTwo\ntwo")], "two")]
    [2, 3]
    """
    wanted = words.casefold()
    for path, text in files:
        if not fnmatchcase(path, where):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if wanted in line.casefold():
                yield Hit(path, number, line.strip()[:_LONGEST])
                most -= 1
                if most <= 0:
                    return
