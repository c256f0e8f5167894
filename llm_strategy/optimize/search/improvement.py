"""How probable an improvement is: what is told, against what happened."""

from __future__ import annotations

import math

__all__ = ["Improvement"]

_PRIOR, _WIDTH = 4.0, 0.15


class Improvement:
    """Probabilities of improvement that were told, checked against what came of them.

    >>> improvement = Improvement(needed=3)
    >>> for step in (0, 10, 20, 30):
    ...     improvement.told(0.9, step=step, best=0)
    ...     improvement.check(step=step + 10, horizon=10, best=0)
    >>> improvement.brier
    0.81
    >>> improvement.calibrated(0.9) < 0.5, improvement.is_known
    (True, True)
    """

    def __init__(self, needed: int) -> None:
        """Begin.

        Args:
            needed: how many must have been checked before they mean anything.
        """
        self._needed = needed
        self._open: list[tuple[float, int, int]] = []
        self._checked: list[tuple[float, bool]] = []

    def told(self, probability: float, *, step: int, best: int) -> None:
        """Take note of a probability, with the number of the best candidate when it was told."""
        self._open.append((min(1.0, max(0.0, probability)), step, best))

    def check(self, *, step: int, horizon: int, best: int) -> None:
        """Compare those that are due: has there been a better candidate within the horizon?"""
        waiting: list[tuple[float, int, int]] = []
        for probability, when, old in self._open:
            if best != old:
                self._checked.append((probability, True))
            elif step - when >= horizon:
                self._checked.append((probability, False))
            else:
                waiting.append((probability, when, old))
        self._open = waiting

    @property
    def is_known(self) -> bool:
        """Whether enough of them were checked."""
        return len(self._checked) >= self._needed

    @property
    def checked(self) -> tuple[tuple[float, bool], ...]:
        """Those that were checked, each with whether there was an improvement."""
        return tuple(self._checked)

    @property
    def brier(self) -> float | None:
        """Mean squared error of what was told; None where nothing was."""
        if not self._checked:
            return None
        errors = math.fsum((probability - happened) ** 2 for probability, happened in self._checked)
        return round(errors / len(self._checked), 6)

    def calibrated(self, probability: float) -> float:
        """Return what a probability has meant so far.

        It is the mean of a beta distribution: its prior is the probability as told, with the weight of a few
        observations; then what happened after similar ones counts, the more similar the more.
        """
        weight, happened = _PRIOR, _PRIOR * probability
        for told, came in self._checked:
            near = math.exp(-abs(told - probability) / _WIDTH)
            weight += near
            happened += near * came
        return happened / weight
