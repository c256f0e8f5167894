"""Cutting a reply into prose and blocks: fences of backticks or tildes, and tags."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from llm_strategy.reasoning.code_act.python_text import parses

__all__ = ["Piece", "pieces_of"]

_FENCE = re.compile(r"[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<language>[\w+.#-]*)[^`]*")
_TAG = re.compile(r"[ \t]*<(?P<tag>execute|execute_python|code|python)>(?P<rest>.*)", re.IGNORECASE)
_INLINE = re.compile(r"[ \t]*(?P<mark>`{3,})(?P<language>python|py)[ \t]+(?P<code>\S.*?)[ \t]*(?P=mark)[ \t]*")
_LONGEST_INLINE = 1000
_MOST_EXTENSIONS = 20


@dataclass(slots=True)
class Piece:
    """A part of a reply: prose, or a block."""

    start: int
    """Where it begins, in characters."""
    is_block: bool = False
    """Whether it is a block; else it is prose."""
    language: str = ""
    """What the block says that it is, in small letters."""
    closed: bool = True
    """Whether the block has an end."""
    lines: list[str] = field(default_factory=list[str])

    @property
    def text(self) -> str:
        """What stands in it, without the indent that all of it has."""
        return _dedented(self.lines) if self.is_block else "\n".join(self.lines)


def pieces_of(text: str) -> list[Piece]:
    r"""Return the parts of a reply in order.

    A fence inside a text of the code does not end the block: where what stands before it is no Python code, and what
    stands before a later one is, the later one does.

    >>> [(piece.is_block, piece.text) for piece in pieces_of("Look:\n```python\nx = 1\n```\nDone.")]
    [(False, 'Look:'), (True, 'x = 1'), (False, 'Done.')]
    """
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    pieces: list[Piece] = []
    number = 0
    while number < len(lines):
        opened = _opening(lines[number], starts[number])
        if opened is None:
            if not pieces or pieces[-1].is_block:
                pieces.append(Piece(starts[number]))
            pieces[-1].lines.append(lines[number])
            number += 1
            continue
        piece, ends = opened
        pieces.append(piece)
        number = number + 1 if piece.lines and piece.closed else _filled(piece, ends, lines, number + 1)
    return pieces


def _opening(line: str, start: int) -> tuple[Piece, re.Pattern[str]] | None:
    """Return the block that a line begins, and what its end looks like."""
    if len(line) < _LONGEST_INLINE and (inline := _INLINE.fullmatch(line)):
        return Piece(start, is_block=True, language=inline["language"], lines=[inline["code"]]), _FENCE
    if fence := _FENCE.fullmatch(line.rstrip("\r")):
        language = fence["language"].lower()
        end = re.compile(rf"[ \t]*{re.escape(fence['mark'][0])}{{{len(fence['mark'])},}}[ \t]*\r?")
        return Piece(start, is_block=True, language=language, closed=False), end
    if tag := _TAG.fullmatch(line.rstrip("\r")):
        end = re.compile(rf"(?P<kept>.*?)</{tag['tag']}>.*", re.IGNORECASE)
        piece = Piece(start, is_block=True, language="python", closed=False)
        if closing := end.fullmatch(tag["rest"]):
            piece.lines, piece.closed = [closing["kept"]], True
        elif tag["rest"].strip():
            piece.lines = [tag["rest"]]
        return piece, end
    return None


def _filled(piece: Piece, end: re.Pattern[str], lines: list[str], first: int) -> int:
    """Put the lines of a block into it; return the number of the line after its end."""
    head = list(piece.lines)
    ends = [number for number in range(first, len(lines)) if end.fullmatch(lines[number])]
    for place in ends[:_MOST_EXTENSIONS]:
        body = [*head, *lines[first:place], *_kept(end, lines[place])]
        if len(ends) == 1 or parses(_dedented(body)):
            return _closed(piece, body, place)
    if ends:
        return _closed(piece, [*head, *lines[first : ends[0]], *_kept(end, lines[ends[0]])], ends[0])
    rest = lines[first:]
    last = rest[-1].rstrip() if rest else ""
    if last.endswith(("```", "~~~")):  # at the end of the last line: it closes what the model meant to close
        return _closed(piece, [*head, *rest[:-1], last.rstrip("`~")], len(lines) - 1)
    piece.lines = [*head, *rest]
    return len(lines)


def _kept(end: re.Pattern[str], line: str) -> list[str]:
    found = end.fullmatch(line)
    kept = found.groupdict().get("kept") if found is not None else None
    return [kept] if kept and kept.strip() else []


def _closed(piece: Piece, lines: list[str], place: int) -> int:
    piece.lines, piece.closed = lines, True
    return place + 1


def _dedented(lines: list[str]) -> str:
    plain = [line.removesuffix("\r") for line in lines]
    indent = min((len(line) - len(line.lstrip(" ")) for line in plain if line.strip()), default=0)
    return "\n".join(line[indent:] if line.strip() else "" for line in plain)
