"""A flow under way in this run, as its journal sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm_strategy.flow.layers import Path

__all__ = ["FlowState"]


@dataclass(slots=True)
class FlowState:
    """A flow under way: which one of the journal it is, and where its requests stand in it.

    Requests that failed are not counted: whether a model turns a form of output down once for each call, or is known to
    do so from then on, depends on what ran before in the process, and so would the place of all that follows.
    """

    key: str
    around: str
    inside: int
    ordinal: int
    """The so-manieth flow of the run, from 0; of those that a request runs, of these. Only straight flows count."""
    straight: bool = True
    """Whether it began in the thread of the run, or of the request."""
    alone: bool = True
    """Whether it is straight, and no other such flow was under way with it so far."""
    marked: bool = False
    """Whether that is written down."""
    id: int = 0
    """Its number in the journal; 0 where that is not known yet."""
    is_earlier: bool = False
    """Whether it is a flow of an earlier run."""
    has_diverged: bool = False
    """Whether a request that had failed was answered now, so that what follows may differ."""
    _failed: dict[Path, set[int]] = field(default_factory=dict["Path", set[int]])
    _asked: dict[Path, int] = field(default_factory=dict["Path", int])
    _free: dict[Path, list[int]] = field(default_factory=dict["Path", list[int]])
    _failures: dict[str, int] = field(default_factory=dict[str, int])

    def take(self, path: Path) -> tuple[str, int]:
        """Return the place of a request, and which one on this path it is: layers may ask several times."""
        free = self._free.get(path)
        if free:
            again = heappop(free)
        else:
            again = self._asked.get(path, 0)
            self._asked[path] = again + 1
        place = ".".join(str(number) for number in (self._counted(path) if self._failed else path))
        return (f"{place}#{again}" if again else place), again

    def give_back(self, path: Path, again: int, place: str) -> None:
        """Note that a request failed."""
        heappush(self._free.setdefault(path, []), again)
        self._failed.setdefault(path[:-1], set()).add(path[-1])
        self._failures[place] = self.failures(place) + 1

    def keep(self, path: Path) -> None:
        """Note that a request was answered."""
        failed = self._failed.get(path[:-1])
        if failed:
            failed.discard(path[-1])

    def failures(self, place: str) -> int:
        """Return how many requests have failed at a place so far."""
        return self._failures.get(place, 0)

    def _counted(self, path: Path) -> list[int]:
        """Return a path without the steps that failed; steps and branches alternate in it."""
        return [
            number - sum(step < number for step in self._failed.get(path[:index], ())) if index % 2 == 0 else number
            for index, number in enumerate(path)
        ]
