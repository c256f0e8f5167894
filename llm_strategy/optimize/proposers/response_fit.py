"""A Bayesian logistic regression: what weights are probable, as a normal distribution around the most probable ones.

Scores need not be 0 or 1. Those in between vary less than successes and failures do; how much less is learnt from how
well they are fitted (the dispersion of a quasi-likelihood).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

__all__ = ["Weights", "chances", "regressed"]

_ROUNDS = 25
_STEP = 3.0
_CLOSE = 1e-7
_LEAST_SPREAD = 0.01


@dataclass(frozen=True, slots=True)
class Weights:
    """What weights are probable."""

    mean: Any
    """The most probable ones (a vector of numpy)."""
    root: Any
    """The Cholesky factor of their precision."""

    def drawn(self, draws: random.Random) -> Any:
        """Draw weights, each as often as they are probable."""
        np: Any = import_module("numpy")
        luck = np.array([draws.gauss(0, 1) for _ in range(len(self.mean))])
        return self.mean + np.linalg.solve(self.root.T, luck)


def regressed(rows: Any, scores: Any, deviations: Any) -> Weights:
    """Return what is known of the weights of columns.

    Args:
        rows: a matrix of numpy: columns by rollout.
        scores: a vector: a number from 0 to 1 by rollout.
        deviations: a vector: how far from 0 each weight is expected to be.
    """
    np: Any = import_module("numpy")
    prior = 1 / deviations**2
    mean, precision = _climbed(rows, scores, prior, 1.0)
    spread = _spread(rows, scores, mean)
    if spread < 1:
        mean, precision = _climbed(rows, scores, prior, spread)
    return Weights(mean, np.linalg.cholesky(precision))


def chances(sums: Any) -> Any:
    """Return logistic functions of numbers."""
    np: Any = import_module("numpy")
    return 1 / (1 + np.exp(-np.clip(sums, -30, 30)))


def _climbed(rows: Any, scores: Any, prior: Any, spread: float) -> tuple[Any, Any]:
    """Return the most probable weights, and their precision: Newton's steps, none of them too far."""
    np: Any = import_module("numpy")
    mean = np.zeros(rows.shape[1])
    precision = np.diag(prior)
    for _ in range(_ROUNDS):
        chance = chances(rows @ mean)
        precision = (rows.T * (chance * (1 - chance) / spread)) @ rows + np.diag(prior)
        step = np.linalg.solve(precision, rows.T @ (scores - chance) / spread - prior * mean)
        longest = float(np.max(np.abs(step)))
        mean = mean + step * min(1.0, _STEP / max(longest, _CLOSE))
        if longest < _CLOSE:
            break
    return mean, precision


def _spread(rows: Any, scores: Any, mean: Any) -> float:
    """Return how scores vary around what is expected, as a share of how successes and failures would; 1 at most."""
    chance = chances(rows @ mean)
    squares, usual = float(((scores - chance) ** 2).sum()), float((chance * (1 - chance)).sum())
    binary = bool(((scores == 0) | (scores == 1)).all())
    return 1.0 if binary or usual <= 0 else min(1.0, max(_LEAST_SPREAD, squares / usual))
