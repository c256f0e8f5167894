"""What noisy candidates are thought to be worth: by their descent, and by the rollouts of all of them together.

A child differs from its parent by a change that does a little good or harm, and mostly nothing. So what is seen of
either says something of the other, and many children that were tried twice each tell much of their parent. Cases
differ as well: some are easy for all. A score is thought to be what its candidate is worth, and what its case gives or
takes, and chance. Candidates' worths move from parent to child by steps of a known size, as traits do along a tree of
descent (Felsenstein 1985), which makes them a Gaussian tree: one pass up and one down gives all means and errors. What
cases give is drawn around zero, and fitted in turns with it (backfitting: Hastie and Tibshirani 1990, section 4.4).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.optimize.search.record import Record

__all__ = ["Lineage"]

_ROUNDS = 3
_STALE = 1.02
"""By how much scores have become more before cases are fitted anew: they change slowly, and there are many."""
_PRIOR = 4.0
"""Scores that the variance is thought to be known from beforehand: it is not to look small where there are few."""
_LEAST = 1e-9


class Lineage:
    """The worths of candidates, and what is not known of them.

    Args:
        trust: rollouts that outweigh the expectation that a child is as good as its parent.
    """

    def __init__(self, trust: float) -> None:
        self._trust = trust
        self._records: list[Record] = []
        self._changed: dict[int, Record] = {}
        self._total = 0
        self._fitted = 0
        self._variance = 1.0
        self._gifts: dict[str, float] = {}
        self._counts: list[int] = []
        self._sums: list[float] = []
        self._means: list[float] = []
        self._errors: list[float] = []
        self._gains: list[tuple[float, float]] = []

    def add(self, record: Record) -> None:
        """Take a candidate in, after its parents."""
        self._records.append(record)
        self._counts.append(0)
        self._sums.append(0.0)
        self._changed[record.number] = record

    def changed(self, record: Record) -> None:
        """Say that there are more scores of a candidate."""
        self._changed[record.number] = record

    def mean(self, record: Record) -> float:
        """Return what a candidate is thought to be worth."""
        self._fit()
        return self._means[record.number]

    def error(self, record: Record) -> float:
        """Return the standard error of that."""
        self._fit()
        return self._errors[record.number]

    def gain(self, record: Record) -> tuple[float, float]:
        """Return what a candidate is thought to gain over its parent, and the standard error of that."""
        self._fit()
        return self._gains[record.number]

    @property
    def step(self) -> float:
        """By how much children differ from their parents, as a standard deviation."""
        self._fit()
        return math.sqrt(self._variance / self._trust)

    def _fit(self) -> None:
        if not self._changed:
            return
        for record in self._changed.values():
            self._total += record.count - self._counts[record.number]
            self._counts[record.number] = record.count
        if self._total >= self._fitted * _STALE:
            self._fitted = self._total
            self._begin()
            for _ in range(_ROUNDS):
                self._descend()
                self._give()
                self._gather(self._records)
        else:
            self._gather(self._changed.values())
        self._changed.clear()
        self._descend()

    def _begin(self) -> None:
        """Think all of what differs to be chance, at first."""
        self._gather(self._records)
        if not self._means and self._total:
            self._variance = max(_LEAST, self._spread())

    def _spread(self) -> float:
        """Return the variance of all scores around their mean."""
        cells = [cell for record in self._records for cell in record.cells["val"].values()]
        count = sum(cell.count for cell in cells)
        mean = math.fsum(cell.count * cell.mean for cell in cells) / count
        return math.fsum(cell.squares + cell.count * (cell.mean - mean) ** 2 for cell in cells) / count

    def _gather(self, records: Iterable[Record]) -> None:
        """Sum up the scores of candidates, less what their cases gave."""
        gifts = self._gifts
        for record in records:
            cells = record.cells["val"].items()
            self._sums[record.number] = math.fsum(
                cell.count * (cell.mean - gifts.get(case, 0.0)) for case, cell in cells
            )

    def _descend(self) -> None:
        """Pass what is known up from children to parents, then down again."""
        noise, step = self._variance, self._variance / self._trust
        precisions = [count / noise for count in self._counts]
        pulls = [total / noise for total in self._sums]
        parents = [record.candidate.parents[0] if record.candidate.parents else -1 for record in self._records]
        for number in range(len(parents) - 1, -1, -1):  # children have higher numbers than their parents
            parent, known = parents[number], precisions[number]
            if parent >= 0 and known > 0:
                share = 1 / (1 + known * step)
                precisions[parent] += known * share
                pulls[parent] += pulls[number] * share
        self._means, self._errors, self._gains = [], [], []
        for precision, pull, parent in zip(precisions, pulls, parents, strict=True):
            if parent < 0:
                variance = 1 / (precision + _LEAST / noise)
                self._means.append(pull * variance)
                self._errors.append(math.sqrt(variance))
                self._gains.append((0.0, 0.0))
                continue
            own = 1 / (precision + 1 / step)
            kept = own / step  # the share of the parent's worth that a child's worth is made of
            above, doubt = self._means[parent], self._errors[parent]
            mean = own * pull + kept * above
            self._means.append(mean)
            self._errors.append(math.sqrt(own + (kept * doubt) ** 2))
            self._gains.append((mean - above, math.sqrt(own + ((1 - kept) * doubt) ** 2)))

    def _give(self) -> None:
        """Say what cases give or take, and how large chance is."""
        sums: dict[str, float] = {}
        counts: dict[str, int] = {}
        for record, mean in zip(self._records, self._means, strict=True):
            for case, cell in record.cells["val"].items():
                sums[case] = sums.get(case, 0.0) + cell.count * (cell.mean - mean)
                counts[case] = counts.get(case, 0) + cell.count
        if not counts:
            return
        # The mean of a case is as far from zero as what it gives, and as its share of chance.
        seen = math.fsum(value**2 / counts[case] for case, value in sums.items()) / len(counts)
        effect = (seen - self._variance) * len(counts) / self._total
        ratio = self._variance / effect if effect > 0 else math.inf
        gifts = {case: value / (counts[case] + ratio) for case, value in sums.items()}
        middle = math.fsum(gifts.values()) / len(gifts)
        self._gifts = {case: value - middle for case, value in gifts.items()}
        squares = math.fsum(
            cell.count * (cell.mean - mean - self._gifts[case]) ** 2 + cell.squares
            for record, mean in zip(self._records, self._means, strict=True)
            for case, cell in record.cells["val"].items()
        )
        self._variance = max(_LEAST, (squares + _PRIOR * self._spread()) / (self._total + _PRIOR))
