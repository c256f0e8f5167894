"""How much of what is seen is noise: learnt from repeats, and used to see less in scores than they show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Noise"]

_PRIOR = 4.0


class Noise:
    """The variance of the scores of one candidate at one case.

    >>> noise = Noise(0.5)
    >>> noise.variance(0.3)
    0.25
    """

    def __init__(self, known: float | None) -> None:
        """Begin.

        Args:
            known: the standard deviation, where somebody has told it.
        """
        self._known = known
        self._squares = 0.0
        self._degrees = 0

    def add(self, squares: float) -> None:
        """Take a repeat in: by how much the squared deviations within its case grew."""
        self._squares += squares
        self._degrees += 1

    @property
    def seen(self) -> bool:
        """Whether repeats have ever differed."""
        return self._squares > 0

    def variance(self, spread: float) -> float:
        """Return the variance of the noise.

        Args:
            spread: the variance of the scores of a candidate over cases, noise within. Where few repeats were seen, the
                noise is thought to be all of it, so that nothing is believed too soon.
        """
        if self._known is not None:
            return self._known**2
        return (self._squares + _PRIOR * spread) / (self._degrees + _PRIOR)

    def believed(self, means: Sequence[float], counts: Sequence[int]) -> list[float]:
        """Return what is to be believed of mean scores by case: each moves to the mean of all by its share of noise."""
        if len(means) < 2:
            return list(means)
        mean = math.fsum(means) / len(means)
        spread = math.fsum((value - mean) ** 2 for value in means) / (len(means) - 1)
        noise = self.variance(spread)
        within = math.fsum(noise / count for count in counts) / len(counts)
        signal = max(0.0, spread - within)
        kept = [signal / (signal + noise / count) if noise > 0 else 1.0 for count in counts]
        return [mean + share * (value - mean) for share, value in zip(kept, means, strict=True)]
