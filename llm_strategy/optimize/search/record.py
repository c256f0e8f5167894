"""What is known of one candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from llm_strategy.optimize.search.requests import Scored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.optimize.search.candidate import Candidate
    from llm_strategy.optimize.search.orders import Rollout, Split

__all__ = ["LEARNT", "Cell", "Record", "Shown"]

Shown: TypeAlias = "tuple[Split, str]"
"""A case that a proposer is shown: where it belongs, and its id."""
LEARNT: Final[tuple[Split, ...]] = ("train", "synthetic")
"""Where cases belong that proposers may learn from."""


class Cell:
    """Scores of one candidate at one case."""

    __slots__ = ("count", "last", "mean", "squares")

    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0
        self.squares = 0.0
        self.last: Rollout | None = None

    def add(self, rollout: Rollout) -> float:
        """Take a score in; return by how much the squared deviations from the mean of the case grow."""
        before = self.mean
        self.count += 1
        self.mean += (rollout.score - before) / self.count
        self.last = rollout
        grown = (rollout.score - before) * (rollout.score - self.mean)
        self.squares += grown
        return grown


class Record:
    """A candidate with all of its scores."""

    __slots__ = (
        "_count",
        "_objectives",
        "belief",
        "candidate",
        "cells",
        "expected",
        "fair",
        "fate",
        "pool",
        "racing",
        "shown",
        "spent",
        "step",
        "summed",
    )

    def __init__(self, candidate: Candidate, step: int = 0) -> None:
        self.candidate = candidate
        self.step = step
        self.fate = ""
        self.spent = 0
        self.pool = False
        self.racing = False
        self.expected = 0.0
        """The mean that it was thought to have before anything was known of it: that of its parent."""
        self.cells: dict[Split, dict[str, Cell]] = {"train": {}, "val": {}, "test": {}, "synthetic": {}}
        self.shown: dict[Shown, int] = {}
        self.fair: dict[str, float] = {}
        """Its scores at training cases that no proposer had seen by then, by `train/id`."""
        self._count = 0
        self.belief: tuple[int, dict[str, float]] = (-1, {})
        """What is believed of its scores, with how many of them that was made of."""
        self.summed: tuple[tuple[int, int], tuple[float, float]] = ((-1, -1), (0.0, 0.0))
        """How many of the cases in use it was tried at and the sum of its scores there, with what that was made of."""
        self._objectives: dict[str, list[float]] = {}

    @property
    def number(self) -> int:
        """The number of the candidate."""
        return self.candidate.number

    def add(self, rollout: Rollout) -> float:
        """Take a rollout in; return what it tells of the noise."""
        cells = self.cells[rollout.order.split]
        cell = cells.get(rollout.order.case)
        if cell is None:
            cell = cells[rollout.order.case] = Cell()
        if rollout.order.split == "val":
            self._count += 1
            for name, value in rollout.objectives.items():
                self._objectives.setdefault(name, []).append(value)
        return cell.add(rollout)

    def score(self, split: Split, case: str) -> float | None:
        """Return its mean score at a case, if there is one."""
        cell = self.cells[split].get(case)
        return None if cell is None else cell.mean

    def repeats(self, split: Split, case: str) -> int:
        """Return how often it was tried at a case."""
        cell = self.cells[split].get(case)
        return 0 if cell is None else cell.count

    def scores(self, split: Split, cases: Iterable[str]) -> list[float]:
        """Return its mean scores at those of the cases where there are any."""
        cells = self.cells[split]
        return [cells[case].mean for case in cases if case in cells]

    @property
    def count(self) -> int:
        """How many validation scores there are, repeats among them."""
        return self._count

    @property
    def mean(self) -> float:
        """Its mean over validation cases; what was expected where there is none."""
        cells = self.cells["val"]
        return sum(cell.mean for cell in cells.values()) / len(cells) if cells else self.expected

    @property
    def objectives(self) -> dict[str, float]:
        """Its means by objective."""
        return {name: sum(values) / len(values) for name, values in sorted(self._objectives.items())}

    def scored(self, mean: float, *, cases: bool = False) -> Scored:
        """Return what proposers are told of it; with its scores by case if these are to be told."""
        known = {f"val/{case}": cell.mean for case, cell in self.cells["val"].items()} if cases else {}
        return Scored(self.candidate, mean, self.count, {**known, **self.fair} if cases else {})
