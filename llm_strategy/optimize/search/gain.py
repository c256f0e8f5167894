"""What a candidate gains over the seed, with its interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llm_strategy.optimize.search.outcome import Gain

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

__all__ = ["gain_of"]


def gain_of(
    differences: Sequence[float], *, split: str, confidence: float, resamples: int, draws: random.Random
) -> Gain | None:
    """Return the mean of paired differences with its bootstrap interval; None for fewer than two.

    Two made-up cases are added to the interval, one for and one against the gain, as large as the largest difference
    that was seen. Without them, few differences in one direction among many zeros would look certain: five of a hundred
    are not, and a sign test says so too.

    Args:
        differences: score of the winner less that of the seed, by case.
        split: where the cases belong.
        confidence: share of such intervals that hold the true gain.
        resamples: how many draws.
        draws: random numbers for this interval alone.

    >>> import random
    >>> few = gain_of([1.0] * 5 + [0.0] * 95, split="test", confidence=0.95, resamples=2000, draws=random.Random(0))
    >>> more = gain_of([1.0] * 9 + [0.0] * 91, split="test", confidence=0.95, resamples=2000, draws=random.Random(0))
    >>> few.is_real, more.is_real
    (False, True)
    """
    if len(differences) < 2:
        return None
    mean = math.fsum(differences) / len(differences)
    most = max(abs(value) for value in differences)
    values = [*differences, most, -most]
    count = len(values)
    means = sorted(math.fsum(draws.choices(values, k=count)) / count for _ in range(resamples))
    tail = (1 - confidence) / 2
    low = means[math.floor(tail * (resamples - 1))]
    high = means[math.ceil((1 - tail) * (resamples - 1))]
    return Gain(mean, min(low, mean), max(high, mean), confidence, len(differences), split)
