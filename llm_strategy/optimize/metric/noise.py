"""Noise: how much scores differ where nothing has changed."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llm_strategy.optimize.search.orders import Rollout

__all__ = ["Noise", "noise_of", "noise_of_rollouts"]


@dataclass(frozen=True, slots=True)
class Noise:
    """What repeats have shown.

    Covered: the spread of one score around its mean. Not covered: rare differences. Where repeats agree, noise is not
    ruled out: of scores that differ in one repeat of a hundred, a few repeats mostly show nothing.
    """

    deviation: float
    """Standard deviation of a score."""
    cases: int
    """How many cases were repeated."""
    scores: int
    """How many scores there are in all."""

    @property
    def deterministic(self) -> bool:
        """Whether all repeats agreed, at one case at least."""
        return self.cases > 0 and self.deviation == 0


def noise_of(repeats: Iterable[Sequence[float]]) -> Noise:
    """Return the noise of scores, from those of each case; a case with one score tells nothing.

    >>> noise_of([[0.0, 1.0], [1.0, 1.0], [0.5]])
    Noise(deviation=0.5, cases=2, scores=4)
    """
    groups = [scores for scores in repeats if len(scores) > 1]
    free = sum(len(scores) - 1 for scores in groups)
    squares = math.fsum(map(_squares, groups))
    return Noise(math.sqrt(squares / free) if free else 0.0, len(groups), sum(map(len, groups)))


def _squares(scores: Sequence[float]) -> float:
    if min(scores) == max(scores):  # their mean may come out a little beside them
        return 0.0
    mean = math.fsum(scores) / len(scores)
    return math.fsum((score - mean) ** 2 for score in scores)


def noise_of_rollouts(rollouts: Iterable[Rollout]) -> Noise:
    """Return the noise of runs, from those that repeat the same candidate at the same case."""
    groups: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for one in rollouts:
        groups[one.order.candidate, one.order.split, one.order.case].append(one.score)
    return noise_of(groups.values())
