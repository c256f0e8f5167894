r"""A reply in its parts: words, and the blocks between them.

A block ends at the first line that is nothing but a fence as long as its own. Fences with an info inside of a block
open an inner one. Where that leaves two readings, none is taken: a block is torn rather than guessed, because half of
a file that is written damages more than a question does.

Covered: longer fences, tildes, indented fences, inner blocks, fences in quoted lines of a change, a block whose end was
forgotten before the next file, a reply that was cut off. Not covered: two fences without info inside of a block other
than Markdown, of its own length; the first ends the block. One alone leaves a fence without its other one behind, so
that the block is torn.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from llm_strategy.planner.replies.hunks import hunk_end
from llm_strategy.planner.replies.languages import is_markdown
from llm_strategy.planner.replies.paths import info_path, line_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

__all__ = ["Block", "Words", "parts_of"]

_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})(?P<info>[^`\r]*)\r?")
_MOST_STEPS: Final = 20_000
"""So often is a fence looked at in one reply, so that one that repeats fences without end comes to an end."""
_MOST_BLANK: Final = 2
"""So many empty lines may stand between a path and its block."""


Flaw: TypeAlias = Literal["", "cut", "torn", "unread"]


@dataclass(frozen=True, slots=True)
class Words:
    """Lines of a reply that are in no block."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block, or a change that stands in no fence."""

    info: str
    """What stands behind the opening fence."""
    lines: tuple[str, ...]
    """What stands between the fences."""
    before: tuple[str, ...] = ()
    """The words between the block before it and this one."""
    indented: bool = False
    """Whether it stands below an item of a list: more often a part of a file than all of one."""
    flaw: Flaw = ""
    """`cut` where its end is missing, `torn` where it cannot be told which fence is its end, `unread` where the reply
    has more fences than are looked at: nothing behind it is read."""

    @property
    def text(self) -> str:
        """The block as a file: each of its lines with its line end."""
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def begins(self) -> str:
        """The first words of it, to name it by."""
        return next((line.strip()[:60] for line in self.lines if line.strip()), "")


Part: TypeAlias = Words | Block


@dataclass(frozen=True, slots=True)
class _End:
    at: int
    """Line of the closing fence, or the first that does not belong to the block."""
    closed: bool = True
    torn: bool = False


def parts_of(text: str, known: Collection[str] = ()) -> list[Part]:
    r"""Return the parts of a reply in order.

    >>> parts_of("a.py\n```python\nx = 1\n```\nDone.")[1]
    Block(info='python', lines=('x = 1',), before=('a.py',), indented=False, flaw='')
    """
    return list(_Scan(text.split("\n"), known).parts())


class _Scan:
    """One pass over the lines of a reply."""

    def __init__(self, lines: Sequence[str], known: Collection[str]) -> None:
        self.lines = lines
        self.known = known
        self.fences = list(_fences_in(lines))
        self.places = [place for place, _ in self.fences]
        self.steps = _MOST_STEPS

    def parts(self) -> Iterator[Part]:
        at, words = 0, list[str]()
        while at < len(self.lines):
            fence = _FENCE.fullmatch(self.lines[at])
            change = None if fence else hunk_end(self.lines, at)
            if fence is None and change is None:
                words.append(self.lines[at].removesuffix("\r"))
                at += 1
                continue
            before = tuple(words)
            if before:
                yield Words(before)
            words = []
            if fence:
                block, at = self._block(at, fence, before)
            else:
                end = change or at
                block, at = Block("", tuple(self.lines[at:end]), before), end
            yield block
        if words:
            yield Words(tuple(words))

    def _block(self, at: int, fence: re.Match[str], before: tuple[str, ...]) -> tuple[Block, int]:
        """The block that is opened at a line, and the line behind it."""
        info = fence["info"].strip()
        markdown = is_markdown(info, info_path(info, self.known) or self._path_above(at))
        end = self._markdown_end(at, fence) if markdown else self._end(at, fence)
        if self.steps < 0:
            end = _End(len(self.lines), closed=False)
        indent, crlf = len(fence["indent"]), self.lines[at].endswith("\r")
        lines = tuple(_content(line, indent, crlf=crlf) for line in self.lines[at + 1 : end.at])
        flaw: Flaw = "unread" if self.steps < 0 else "torn" if end.torn else "" if end.closed else "cut"
        return Block(info, lines, before, indent > 0, flaw), end.at + (end.closed and end.at < len(self.lines))

    def _fences(self, at: int, fence: re.Match[str]) -> Iterator[tuple[int, str]]:
        """The lines behind `at` that may open or close a block of this fence, with their info."""
        for number in range(bisect_right(self.places, at), len(self.places)):
            place, found = self.fences[number]
            self.steps -= 1
            if self.steps < 0:
                return
            if found["mark"].startswith(fence["mark"]) and len(found["indent"]) < len(fence["indent"]) + 4:
                yield place, found["info"].strip()

    def _end(self, at: int, fence: re.Match[str]) -> _End:
        first_inner, depth = None, 0
        for place, info in self._fences(at, fence):
            if not info and depth == 0:
                named = self._names_a_file(at, fence["info"].strip())
                even = not named or self._is_even(self._fences(place, fence))
                return _End(place) if even else self._torn(place, fence)
            if self._names_a_file(place, info) and depth == 0:
                return _End(self._above(place, info), closed=False)
            if info and first_inner is None:
                first_inner = place
            depth += 1 if info else -1
        return _End(len(self.lines) if first_inner is None else first_inner, closed=False)

    def _markdown_end(self, at: int, fence: re.Match[str]) -> _End:
        depth = 0
        for place, info in self._fences(at, fence):
            if not info and depth == 0:
                return _End(place) if self._pair_up(self._fences(place, fence)) else self._torn(place, fence)
            depth += 1 if info else -1
        return _End(len(self.lines), closed=False)

    def _is_even(self, fences: Iterable[tuple[int, str]]) -> bool:
        """Whether each bare fence up to the next file has its other one; one may stand at the very end."""
        opened: tuple[int, str] | None = None
        for place, info in fences:
            if self._names_a_file(place, info):
                break
            opened = None if opened and not info else opened or (place, info)
        return opened is None or bool(opened[1]) or not any(line.strip() for line in self.lines[opened[0] + 1 :])

    def _pair_up(self, fences: Iterable[tuple[int, str]]) -> bool:
        """Whether all up to the next file are blocks with an info; one bare fence may stand at the very end."""
        opened = False
        for place, info in fences:
            if not opened and self._names_a_file(place, info):
                return True
            if bool(info) is opened:
                return not opened and not any(line.strip() for line in self.lines[place + 1 :])
            opened = not opened
        return True

    def _torn(self, at: int, fence: re.Match[str]) -> _End:
        """The block goes up to the next file behind a line, so that the others can be read."""
        named = ((place, info) for place, info in self._fences(at, fence) if self._names_a_file(place, info))
        place, info = next(named, (len(self.lines), "x"))
        return _End(self._above(place, info) if place < len(self.lines) else place, closed=False, torn=True)

    def _names_a_file(self, place: int, info: str) -> bool:
        return bool(info_path(info, self.known) or self._path_above(place))

    def _above(self, place: int, info: str) -> int:
        """Where the words for the block at `place` begin: at its path."""
        if info_path(info, self.known) and not self._path_above(place):
            return place
        return next(at for at in range(place - 1, -1, -1) if self.lines[at].strip())

    def _path_above(self, place: int) -> str:
        for at in range(place - 1, max(place - 2 - _MOST_BLANK, -1), -1):
            if self.lines[at].strip():
                fence = _FENCE.fullmatch(self.lines[at])
                return line_path(self.lines[at], self.known) if fence is None else ""
        return ""


def _fences_in(lines: Sequence[str]) -> Iterator[tuple[int, re.Match[str]]]:
    """All fences but those in the quoted lines of a change."""
    at = 0
    while at < len(lines):
        behind = hunk_end(lines, at)
        found = _FENCE.fullmatch(lines[at]) if behind is None else None
        if found:
            yield at, found
        at = behind or at + 1


def _content(line: str, indent: int, *, crlf: bool) -> str:
    """A line without the indent of its fence, and without the line end of a reply that is in CRLF throughout."""
    blanks = len(line) - len(line.lstrip(" \t"))
    line = line[min(indent, blanks) :]
    return line.removesuffix("\r") if crlf else line
