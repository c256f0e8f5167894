"""Unified diffs as models write them: the lines count, the numbers in the heads of hunks are only a hint."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import EditError
from llm_strategy.planner.editing.places import find_place

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["patched"]

_HEAD: Final = re.compile(r"@@(?: -(\d{1,9}))?.*")
_ABOUT_FILES: Final = ("--- ", "+++ ", "diff --git ", "index ", "new file mode ", "similarity index ", "rename ")


@dataclass(slots=True)
class _Hunk:
    near: int | None
    """The line from 0, as its head says."""
    old: list[str] = field(default_factory=list[str])
    new: list[str] = field(default_factory=list[str])


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


def _applied(result: list[str], hunk: _Hunk, grown: int) -> int:
    near = None if hunk.near is None else hunk.near + grown
    if not any(line.strip() for line in hunk.old):
        if result and near is None:
            raise EditError(
                "It has lines to add and none of the file. Add lines around them, so that the place is known."
            )
        at = min(len(result), max(0, (near or 0) + 1)) if result else 0
        result[at : at + len(hunk.old)] = hunk.new
        return len(hunk.new) - len(hunk.old)
    place = find_place(result, hunk.old, near)
    kept = _with_lines_of_the_file(result[place.start : place.end], hunk, place.fitted(hunk.new))
    result[place.start : place.end] = kept
    return len(kept) - len(hunk.old)


def _with_lines_of_the_file(there: Sequence[str], hunk: _Hunk, new: list[str]) -> list[str]:
    """Lines that the hunk only quotes stay as the file has them, whatever the quote made of their blanks."""
    known = {quoted: line for quoted, line in zip(hunk.old, there, strict=True) if quoted.strip()}
    return [known.get(raw, line) for raw, line in zip(hunk.new, new, strict=True)]


def _read(diff: str) -> list[_Hunk]:
    hunks: list[_Hunk] = []
    for line in diff.splitlines():
        head = _HEAD.fullmatch(line) if line.startswith("@@") else None
        if head:
            hunks.append(_Hunk(int(head[1]) - 1 if head[1] else None))
        elif not hunks or (line.startswith(_ABOUT_FILES) and not hunks[-1].old and not hunks[-1].new):
            continue
        elif line.startswith("+"):
            hunks[-1].new.append(line[1:])
        elif line.startswith("-"):
            hunks[-1].old.append(line[1:])
        elif not line.startswith("\\"):  # "\ No newline at end of file"
            quoted = line.removeprefix(" ")
            hunks[-1].old.append(quoted)
            hunks[-1].new.append(quoted)
    return [hunk for hunk in hunks if hunk.old or hunk.new]
