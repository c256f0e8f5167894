"""Unified diffs as models write them: the lines count, the numbers in the heads of hunks are only a hint.

A number decides between places that fit equally only where it names one of them exactly. Lines that are blank fit
everywhere, so a hunk that quotes nothing else has to have them at its number; one that quotes nothing at all adds at
the beginning (`-0,0`) or at the end of a file only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from llm_strategy.errors import EditError
from llm_strategy.planner.editing.places import Place, find_place

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["patched", "quotes_lines"]

_HEAD: Final = re.compile(r"@@(?: -(\d{1,9})(,\d{1,9})?)?.*", re.DOTALL)
_ABOUT_FILES: Final = re.compile(
    r"diff --git .*|index [0-9a-f]{4,}\.\..*|(?:new|deleted) file mode \d+|similarity index \d+%|rename (?:from|to) .*"
)
_NOTHING_QUOTED: Final = "It has lines to add and none of the file. Add lines around them, so that the place is known."
_Mark: TypeAlias = Literal[" ", "-", "+"]


@dataclass(slots=True)
class _Hunk:
    near: int | None
    """The line from 0, as its head says."""
    lines: list[tuple[_Mark, str]] = field(default_factory=list[tuple[_Mark, str]])
    """What is quoted, taken out and added, in order."""
    counted: bool = False
    """Whether its head counts lines."""

    @property
    def old(self) -> list[str]:
        return [line for mark, line in self.lines if mark != "+"]


def patched(lines: Sequence[str], diff: str) -> list[str]:
    """Return lines with a diff of one file applied, hunk by hunk; each has to fit in one place.

    Raises:
        EditError: there is no hunk, or one does not fit: nothing is applied.
    """
    hunks = _read(diff)
    if not hunks:
        raise EditError("There is no hunk in the diff. A hunk begins with a line '@@ ... @@'.")
    result = list(lines)
    grown = 0
    for number, hunk in enumerate(hunks, 1):
        try:
            grown += _applied(result, hunk, grown)
        except EditError as error:
            raise EditError(f"Hunk {number} of {len(hunks)}: {error}") from error
    return result


def quotes_lines(diff: str) -> bool:
    """Return whether a diff quotes lines of a file, so that there has to be one."""
    return any(hunk.old for hunk in _read(diff))


def _applied(result: list[str], hunk: _Hunk, grown: int) -> int:
    near = None if hunk.near is None else hunk.near + grown
    old = hunk.old
    if not old:
        place = _where_to_add(result, near, counted=hunk.counted)
    elif not any(line.strip() for line in old):
        place = _blank_lines(result, near, len(old))
    else:
        place = find_place(result, old, near)
    kept = _with_lines_of_the_file(result[place.start : place.end], hunk, place)
    result[place.start : place.end] = kept
    return len(kept) - len(old)


def _where_to_add(result: list[str], near: int | None, *, counted: bool) -> Place:
    """The place of lines without others around them: an empty file, its beginning, or its end."""
    end = len(result) - (result[-1:] == [""])
    at = 0 if not result else end if counted and near == end - 1 else 0 if near == -1 else None
    if at is None:
        raise EditError(_NOTHING_QUOTED)
    return Place(at, at)


def _blank_lines(result: list[str], near: int | None, size: int) -> Place:
    """Blank lines at the very place that the head names."""
    if near is not None and 0 <= near <= len(result) - size:
        place = Place(near, near + size)
        if not any(line.strip() for line in result[place.start : place.end]):
            return place
    raise EditError(
        "The lines that it quotes are all blank, and no blank lines are where its head says. Quote lines with text."
    )


def _with_lines_of_the_file(there: Sequence[str], hunk: _Hunk, place: Place) -> list[str]:
    """Lines that the hunk only quotes stay as the file has them, whatever the quote made of their blanks."""
    left = iter(there)
    kept: list[str] = []
    for mark, line in hunk.lines:
        if mark == "+":
            kept += place.fitted([line])
        else:
            own = next(left)
            kept += [own] if mark == " " else []
    return kept


def _read(diff: str) -> list[_Hunk]:
    lines = diff.replace("\r\n", "\n").split("\n")
    if not lines[-1]:
        lines.pop()
    hunks: list[_Hunk] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        head = _HEAD.fullmatch(line) if line.startswith("@@") else None
        at += 1
        if head:
            hunks.append(_Hunk(int(head[1]) - 1 if head[1] else None, counted=head[2] is not None))
        elif not hunks or (not hunks[-1].lines and _ABOUT_FILES.fullmatch(line)):
            continue
        elif not hunks[-1].lines and _is_file_head(lines[at - 1 : at + 2]):
            at += 1
        else:
            hunks[-1].lines += _marked(line)
    return [hunk for hunk in hunks if hunk.lines]


def _is_file_head(lines: Sequence[str]) -> bool:
    """`--- x` alone is a line `-- x` that is taken out."""
    starts = ("--- ", "+++ ", "@@")
    return len(lines) == len(starts) and all(map(str.startswith, lines, starts))


def _marked(line: str) -> list[tuple[_Mark, str]]:
    if line.startswith("+"):
        return [("+", line[1:])]
    if line.startswith("-"):
        return [("-", line[1:])]
    # "\ No newline at end of file" is no line of it.
    return [] if line.startswith("\\ ") else [(" ", line.removeprefix(" "))]
