"""Rollouts on a surface, counted: a method that wants one more than its budget is stopped there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from benchmarks.surfaces_surface import Drawn, Point, Surface

__all__ = ["Meter", "Spent", "Tracked"]


class Spent(BaseException):
    """The budget is spent: no error, and nothing that a peer may catch."""


class Meter:
    """Counts rollouts, and calls of the same values at the same case, which a noisy task draws anew."""

    def __init__(self, surface: Surface, budget: int) -> None:
        self.surface, self.budget, self.used = surface, budget, 0
        self.asked: Counter[str] = Counter()

    def score(self, values: Point, split: str, case: str) -> float:
        if self.used >= self.budget:
            raise Spent
        self.used += 1
        key = f"{sorted(values.items())} {split} {case}"
        self.asked[key] += 1
        return self.surface.score(values, split, int(case), self.asked[key] - 1)

    def scores(self, values: Point, split: str, cases: Sequence[str]) -> list[Drawn]:
        return [Drawn(case, self.score(values, split, case)) for case in cases]


class Tracked:
    """The best values of those that a method has judged so far; the first of equals."""

    def __init__(self, values: Point) -> None:
        self.values, self.mean = dict(values), float("-inf")

    def judged(self, values: Point, mean: float) -> None:
        if mean > self.mean:
            self.values, self.mean = dict(values), mean
