"""The edits that a model may ask for, and what each of them makes of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from llm_strategy.errors import EditError
from llm_strategy.planner.editing.diffs import patched, quotes_lines
from llm_strategy.planner.editing.places import find_place

__all__ = ["Delete", "Edit", "Patch", "Replace", "Write", "edited"]


@dataclass(frozen=True, slots=True)
class Write:
    """Write a whole file; what was there before is gone."""

    path: str
    """Where, below the workspace, with `/`."""
    text: str
    """All of the file."""


@dataclass(frozen=True, slots=True)
class Replace:
    """Replace some lines of a file; they must be there once."""

    path: str
    """Which file."""
    search: str
    """Whole lines of the file, to the letter."""
    replacement: str
    """What stands there afterwards."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Apply a unified diff to one file."""

    path: str
    """Which file."""
    diff: str
    """Hunks with lines around the changes. Line numbers need not be right, where these lines are there once."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a file."""

    path: str
    """Which file."""


Edit: TypeAlias = Write | Replace | Patch | Delete


def edited(edit: Edit, text: str | None) -> str | None:
    r"""Return what an edit makes of a file; None stands for no file.

    Line ends of the file are kept: an edit that is written with `\n` changes a file with `\r\n` as it should be.
    Where the replacement of a `Replace` is there already, and what it searches is not, nothing is changed.

    >>> edited(Replace("a.py", "x = 1", "x = 2"), "x = 1\ny = 1\n")
    'x = 2\ny = 1\n'

    Raises:
        EditError: there is no such file, or the lines are not there, or are there several times.
    """
    if isinstance(edit, Write):
        return edit.text
    if text is None and (not isinstance(edit, Patch) or quotes_lines(edit.diff)):
        raise EditError(f"There is no file {edit.path!r}.")
    if isinstance(edit, Delete):
        return None
    end = _line_end(text or "")
    lines = (text or "").split(end)
    try:
        changed = _replaced(lines, edit) if isinstance(edit, Replace) else _with_diff(lines, edit, text)
    except EditError as error:
        raise EditError(f"{edit.path!r}: {error}") from error
    return end.join(changed)


def _line_end(text: str) -> str:
    return "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"


def _replaced(lines: list[str], edit: Replace) -> list[str]:
    search, replacement = _lines_of(edit.search), _lines_of(edit.replacement)
    try:
        place = find_place(lines, search)
    except EditError:
        if _is_there(lines, replacement) and not _is_there(lines, search):
            return lines
        raise
    return [*lines[: place.start], *place.fitted(replacement), *lines[place.end :]]


def _with_diff(lines: list[str], edit: Patch, text: str | None) -> list[str]:
    if text:
        return patched(lines, edit.diff)
    return [*patched([], edit.diff), ""]  # a new file ends in a line end


def _lines_of(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines if text else []


def _is_there(lines: list[str], wanted: list[str]) -> bool:
    size = len(wanted)
    filled = any(line.strip() for line in wanted)
    return filled and any(lines[at : at + size] == wanted for at in range(len(lines) - size + 1))
