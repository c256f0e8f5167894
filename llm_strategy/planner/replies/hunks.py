"""Changes that quote the lines to be replaced: SEARCH, a line of `=`, REPLACE."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.planner.replies.paths import comment_path, line_path

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["Hunk", "has_hunks", "hunk_end", "hunks_in"]

_BEGIN = re.compile(r"\s{0,8}(?P<mark><{5,9})\s*(?:SEARCH|ORIGINAL|HEAD|OLD)?\b[^\n]{0,100}")
_MIDDLE = re.compile(r"\s{0,8}(?P<mark>={5,9})\s*")
_END = re.compile(r"\s{0,8}>{5,9}(?:\s*(?:REPLACE|UPDATED|NEW)?\b[^\n]{0,100})?\s*")


@dataclass(frozen=True, slots=True)
class Hunk:
    """One change, with what was wrong in the way it is written."""

    path: str
    """The path that stands before it in the same block; empty where there is none."""
    search: str
    replacement: str
    problem: str = ""


def has_hunks(lines: Sequence[str]) -> bool:
    """Return whether a change begins somewhere in the lines."""
    return any(_begins(line) for line in lines)


def _begins(line: str) -> bool:
    return "<<<<<" in line and _BEGIN.fullmatch(line.rstrip()) is not None


def hunk_end(lines: Sequence[str], at: int) -> int | None:
    """Return the line behind a whole change that begins at a line; None where none begins, or it has no end."""
    if not _begins(lines[at]):
        return None
    middles = 0
    for place in range(at + 1, len(lines)):
        if _begins(lines[place]):
            return None
        middles += _MIDDLE.fullmatch(lines[place]) is not None
        if middles and _END.fullmatch(lines[place]):
            return place + 1
    return None


def hunks_in(lines: Sequence[str], known: Collection[str] = ()) -> list[Hunk]:
    r"""Return the changes in a block, in order.

    >>> hunks_in(["<<<<<<< SEARCH", "x = 1", "=======", "x = 2", ">>>>>>> REPLACE"])
    [Hunk(path='', search='x = 1\n', replacement='x = 2\n', problem='')]
    """
    found: list[Hunk] = []
    at, path = 0, ""
    while at < len(lines):
        end = hunk_end(lines, at)
        if end is not None:
            found.append(_hunk(path, lines[at:end]))
            at = end
            continue
        if _begins(lines[at]):
            said = "has no line '>>>>>>> REPLACE' after a line '=======': it was cut off, and is not applied"
            found.append(Hunk(path, _text(lines[at + 1 :]), "", said))
            at += 1
            while at < len(lines) and not _begins(lines[at]):
                at += 1
            continue
        path = line_path(lines[at], known) or comment_path(lines[at], known) or path
        at += 1
    return found


def _hunk(path: str, lines: Sequence[str]) -> Hunk:
    middles = [at for at, line in enumerate(lines) if _MIDDLE.fullmatch(line)]
    if len(middles) > 1:
        size = len(lines[0].strip()) - len(lines[0].strip().lstrip("<"))
        middles = [at for at in middles if len(lines[at].strip()) == size]
    if len(middles) != 1:
        said = "has several lines '=======', so that its halves cannot be told apart: write the whole file instead"
        return Hunk(path, _text(lines[1:-1]), "", said)
    return Hunk(path, _text(lines[1 : middles[0]]), _text(lines[middles[0] + 1 : -1]))


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
