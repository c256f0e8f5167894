"""Finding the lines that a model means: exactly, or else by the one place that is nearly the same.

A model quotes from memory: it drops blanks at line ends, shifts a block, changes a word. Taking the first of several
places, or a place that is only alike, damages files without a word; so one place has to stand out, and everything else
is refused with what is needed to quote it better.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Place", "find_place"]

_ALIKE: Final = 0.9
"""How much of a quote has to be there, where it is not there to the letter (1 is all of it)."""
_APART: Final = 0.05
"""By how much the best of several places has to beat the next one."""
_MOST_COMPARED: Final = 2_000_000
"""Lines times lines up to which places are looked at that are only alike."""
_MOST_PLACES: Final = 8
"""Of a long quote only so many places are compared letter by letter: those that share most lines with it."""
_SHORT: Final = 5
"""Lines up to which a quote is short: every place is compared."""


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
        near: the line, from 0, at which it is said to stand; it decides between places that fit equally.

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
    margins = [line[: len(line) - len(line.lstrip())] for line in lines if line.strip()]
    shortest = min(margins, key=len, default="")
    return shortest if all(margin.startswith(shortest) for margin in margins) else ""


def _only(places: list[Place], quote: Sequence[str], near: int | None) -> Place:
    if len(places) == 1:
        return places[0]
    if near is not None:
        by_distance = sorted(places, key=lambda place: abs(place.start - near))
        if abs(by_distance[0].start - near) < abs(by_distance[1].start - near):
            return by_distance[0]
    where = ", ".join(str(place.start + 1) for place in places[:5])
    raise EditError(
        f"The search text, which begins with {quote[0].strip()[:80]!r}, is there {len(places)} times (lines {where}). "
        "Quote more lines around it, so that it is there once."
    )


def _alike(lines: Sequence[str], quote: Sequence[str]) -> Place:
    best = sorted(_likenesses(lines, quote), reverse=True)[:2]
    if best and best[0][0] >= _ALIKE and (len(best) == 1 or best[0][0] - best[1][0] >= _APART):
        start = -best[0][1]
        return Place(start, start + len(quote), exact=False)
    raise EditError(_missing(lines, quote, -best[0][1] if best and best[0][0] > _ALIKE / 2 else None))


def _likenesses(lines: Sequence[str], quote: Sequence[str]) -> Iterator[tuple[float, int]]:
    """How much of the quote is in the lines from each start on; starts are negative, so that the first one wins."""
    if len(lines) * len(quote) > _MOST_COMPARED:
        return
    there, wanted = [line.strip() for line in lines], [line.strip() for line in quote]
    matcher = SequenceMatcher(None, "", "\n".join(wanted), autojunk=False)
    for start in _starts(there, wanted):
        matcher.set_seq1("\n".join(there[start : start + len(wanted)]))
        if matcher.real_quick_ratio() >= _ALIKE / 2 and matcher.quick_ratio() >= _ALIKE / 2:
            yield matcher.ratio(), -start


def _starts(there: Sequence[str], wanted: Sequence[str]) -> Sequence[int]:
    starts = range(len(there) - len(wanted) + 1)
    if len(wanted) <= _SHORT:
        return starts

    def shared(start: int) -> int:
        return sum(map(str.__eq__, there[start : start + len(wanted)], wanted))

    return sorted(starts, key=shared, reverse=True)[:_MOST_PLACES]


def _missing(lines: Sequence[str], quote: Sequence[str], start: int | None) -> str:
    said = f"The search text, which begins with {quote[0].strip()[:80]!r}, is not in the file."
    if start is None:
        return f"{said} Look at the file again, and quote its lines to the letter."
    there = "\n".join(lines[start : start + min(len(quote), 20)])
    return f"{said} The lines most like it begin at line {start + 1}:\n{there}\nQuote the lines to the letter."
