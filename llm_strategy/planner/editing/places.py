"""Finding the lines that a model means: exactly, or else by the one place that is nearly the same.

A model quotes from memory: it drops blanks at line ends, shifts a block, changes a word. Taking the first of several
places, or a place that is only alike, damages files without a word; so one place has to stand out, and everything else
is refused with what is needed to quote it better.

Nearly the same is a place that has half of the lines of the quote to the letter, the numbers and operators of the
others, and all indents, be it shifted as a whole. A single line has to be there to the letter, blanks aside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from heapq import nsmallest
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Place", "find_place"]

_ALIKE: Final = 0.9
"""How much of a quote has to be there, where it is not there to the letter (1 is all of it)."""
_ALIKE_LINE: Final = 0.6
"""How much of each line of it."""
_APART: Final = 0.05
"""By how much the best of several places has to beat the next one."""
_MOST_COMPARED: Final = 2_000_000
"""Lines times lines up to which places are looked at that are only alike."""
_MOST_PLACES: Final = 8
"""Only so many places are compared letter by letter: those that share most lines with the quote."""
_LONGEST_LINE: Final = 500
"""Letters up to which lines are compared that are only alike, for the time grows with their square."""
_MOST_LETTERS: Final = 1_000_000
"""Letters of a file up to which a line is looked for that a message can show."""
_TELLING: Final = re.compile(r"\d+|[-+*/%<>=!&|^~@]")
"""Numbers and operators: lines that differ in one do different things, however alike they look."""


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a text, from `start` up to but without `end`, numbered from 0."""

    start: int
    end: int
    shift: str = ""
    """Blanks that stand before each line there, and not in the quote."""
    cut: str = ""
    """Blanks that stand before each line of the quote, and not there."""
    exact: bool = True
    """Whether it is there to the letter."""

    def fitted(self, lines: Sequence[str]) -> list[str]:
        """Return lines that were written for the quote, with the blanks that the place has before them."""
        return [self._fitted(line) for line in lines]

    def _fitted(self, line: str) -> str:
        if not line.strip():
            return line
        return self.shift + (line[len(self.cut) :] if self.cut and line.startswith(self.cut) else line)


def find_place(lines: Sequence[str], quote: Sequence[str], near: int | None = None) -> Place:
    """Return where a quote stands in a text.

    Tried are, one after the other: to the letter; without blanks at line ends; shifted as a whole; nearly the same. The
    first of these that has a place decides, and it has to be the only one.

    Args:
        lines: the text, without line ends.
        quote: lines of it, as somebody remembers them.
        near: the line, from 0, at which it is said to stand. It decides between places that fit equally, where one of
            them is at this very line.

    Raises:
        EditError: there is no such place, or several.
    """
    if not any(line.strip() for line in quote):
        raise EditError("The search text is empty: quote the lines that are to be changed, or write the whole file.")
    for found in (_same(lines, quote, str), _same(lines, quote, str.rstrip), _shifted(lines, quote)):
        if found:
            return _only(found, quote, near)
    return _alike(lines, quote)


def _same(lines: Sequence[str], quote: Sequence[str], form: Callable[[str], str]) -> list[Place]:
    wanted = [form(line) for line in quote]
    there = [form(line) for line in lines]
    size = len(wanted)
    starts = (at for at in range(len(there) - size + 1) if there[at] == wanted[0] and there[at : at + size] == wanted)
    return [Place(at, at + size, exact=form is str) for at in starts]


def _shifted(lines: Sequence[str], quote: Sequence[str]) -> list[Place]:
    places: list[Place] = []
    for place in _same(lines, quote, str.strip):
        there = _margin(lines[place.start : place.end])
        here = _margin(quote)
        moved = Place(place.start, place.end, shift=there, cut=here, exact=False)
        if [line.rstrip() for line in moved.fitted(quote)] == [
            line.rstrip() for line in lines[place.start : place.end]
        ]:
            places.append(moved)
    return places


def _margin(lines: Sequence[str]) -> str:
    """The blanks that stand before all lines."""
    margins = [_indent(line) for line in lines if line.strip()]
    shortest = min(margins, key=len, default="")
    return shortest if all(margin.startswith(shortest) for margin in margins) else ""


def _only(places: list[Place], quote: Sequence[str], near: int | None) -> Place:
    if len(places) == 1:
        return places[0]
    named = next((place for place in places if place.start == near), None)
    if named is not None:
        return named
    where = ", ".join(str(place.start + 1) for place in places[:5])
    raise EditError(
        f"The search text, which begins with {quote[0].strip()[:80]!r}, is there {len(places)} times (lines {where}). "
        "Quote more lines around it, so that it is there once."
    )


def _alike(lines: Sequence[str], quote: Sequence[str]) -> Place:
    if len(lines) * len(quote) > _MOST_COMPARED:
        raise EditError(_missing(lines, quote, None))
    there, wanted = [line.strip() for line in lines], [line.strip() for line in quote]
    starts = _starts(there, wanted)
    best = sorted(((_likeness(there, wanted, start), -start) for start in starts), reverse=True)[:2]
    if best and best[0][0] >= _ALIKE and (len(best) == 1 or best[0][0] - best[1][0] >= _APART):
        place = _with_margin(lines, quote, -best[0][1])
        if place is not None:
            return place
    raise EditError(_missing(lines, quote, starts[0] if starts else _nearest(there, wanted)))


def _starts(there: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """The places that have most lines of the quote to the letter, the best first."""
    keys = [line or "\n" for line in wanted]  # no line is equal to a line break: blank ones do not count

    def shared(start: int) -> int:
        return sum(map(str.__eq__, there[start : start + len(keys)], keys))

    found = [(-count, start) for start in range(len(there) - len(wanted) + 1) if (count := shared(start))]
    return [start for _, start in nsmallest(_MOST_PLACES, found)]


def _likeness(there: Sequence[str], wanted: Sequence[str], start: int) -> float:
    """How much of the letters of the quote is in the lines from there on; 0 where they cannot be the ones meant."""
    letters = same = total = 0.0
    for here, one in zip(there[start : start + len(wanted)], wanted, strict=True):
        ratio = 1.0 if here == one else _line_likeness(here, one)
        if not ratio:
            return 0.0
        same += here == one and bool(one)
        letters += len(one) * ratio
        total += len(one)
    filled = sum(map(bool, wanted))
    return letters / total if same * 2 >= filled else 0.0


def _line_likeness(here: str, one: str) -> float:
    """How alike two lines are; 0 where they differ in a number or an operator, or by much, or are too long."""
    if (
        not here
        or not one
        or max(len(here), len(one)) > _LONGEST_LINE
        or _TELLING.findall(here) != _TELLING.findall(one)
    ):
        return 0.0
    ratio = SequenceMatcher(None, here, one, autojunk=False).ratio()
    return ratio if ratio >= _ALIKE_LINE else 0.0


def _with_margin(lines: Sequence[str], quote: Sequence[str], start: int) -> Place | None:
    """The place, with the blanks that it has before its lines; None where these are not those of the quote, shifted."""
    there = lines[start : start + len(quote)]
    place = Place(start, start + len(quote), shift=_margin(there), cut=_margin(quote), exact=False)
    indents = [[_indent(line) for line in some if line.strip()] for some in (there, place.fitted(quote))]
    return place if indents[0] == indents[1] else None


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _nearest(there: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Where a line stands that has the letters of the first of the quote, more or less: for a message only."""
    first = next((at for at, line in enumerate(wanted) if line), 0)
    if sum(map(len, there)) > _MOST_LETTERS or len(wanted[first]) > _LONGEST_LINE:
        return None
    matcher = SequenceMatcher(None, "", wanted[first], autojunk=False)
    found: list[tuple[float, int]] = []
    for at, line in enumerate(there):
        matcher.set_seq1(line)
        if len(line) <= _LONGEST_LINE and matcher.real_quick_ratio() >= _ALIKE_LINE:
            found.append((matcher.quick_ratio(), -at))
    best = max(found, default=(0.0, 0))
    return max(0, -best[1] - first) if best[0] >= _ALIKE_LINE else None


def _missing(lines: Sequence[str], quote: Sequence[str], start: int | None) -> str:
    said = f"The search text, which begins with {quote[0].strip()[:80]!r}, is not in the file."
    if start is None:
        return f"{said} Look at the file again, and quote its lines to the letter."
    there = "\n".join(lines[start : start + min(len(quote), 20)])
    return f"{said} The lines most like it begin at line {start + 1}:\n{there}\nQuote the lines to the letter."
