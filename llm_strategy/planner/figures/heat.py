"""Which file was touched when: files against the steps in which something was written.

As in the figure of L2MAC, a step ends with a write: what was read since the write before belongs to it, so that one
sees for which write a file was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.planner.figures.reading import accesses_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llm_strategy.planner.figures.reading import Reading
    from llm_strategy.planner.figures.turns import Turn

__all__ = ["OPERATIONS", "HeatCell", "HeatMap", "heat_of"]

OPERATIONS = ("read", "write", "create", "delete", "other")
"""What can be done with a file, in the order in which counts stand."""
_WRITING = frozenset({"write", "create", "delete"})

_Group = tuple[int, str, tuple[tuple[str, str], ...]]
"""When it began, what it is called, and its accesses."""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """What happened to one file in one step."""

    step: int
    """Place of the step."""
    path: int
    """Place of the file."""
    counts: tuple[int, ...]
    """How often it was read, written, created, deleted, and touched in another way."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Accesses to files over steps."""

    steps: tuple[str, ...] = ()
    """What each step is called, in order of time."""
    paths: tuple[str, ...] = ()
    """The files, in the order in which they were first touched."""
    cells: tuple[HeatCell, ...] = ()
    """Where something happened, by step and file."""


def heat_of(reading: Reading, turns: Sequence[Turn]) -> HeatMap:
    """Return the accesses of turns, and of all spans outside of them."""
    groups: list[_Group] = [(turn.began, turn.key.title, turn.accesses) for turn in turns]
    groups += [(span.start, span.name, tuple(accesses_of([span]))) for span in reading.free]
    return _map(_by_writes(sorted((one for one in groups if one[2]), key=lambda group: group[0])))


def _by_writes(groups: Iterable[_Group]) -> list[_Group]:
    """Put what only reads together with the next that writes. Where nothing writes, all stay as they are."""
    found: list[_Group] = []
    reading: list[_Group] = []
    for began, name, accesses in groups:
        if any(operation in _WRITING for _, operation in accesses):
            found.append((began, name, (*(one for group in reading for one in group[2]), *accesses)))
            reading = []
        else:
            reading.append((began, name, accesses))
    if found and reading:
        return [*found, (reading[0][0], "after the last write", tuple(one for group in reading for one in group[2]))]
    return found or reading


def _map(groups: Iterable[_Group]) -> HeatMap:
    steps: list[str] = []
    paths: dict[str, int] = {}
    cells: dict[tuple[int, int], list[int]] = {}
    for _, name, accesses in groups:
        for path, operation in accesses:
            counts = cells.setdefault((len(steps), paths.setdefault(path, len(paths))), [0] * len(OPERATIONS))
            counts[OPERATIONS.index(operation if operation in OPERATIONS else "other")] += 1
        steps.append(name)
    return HeatMap(tuple(steps), tuple(paths), tuple(HeatCell(*place, tuple(cells[place])) for place in sorted(cells)))
