"""A response surface: how scores depend on values, learnt from all rollouts of all candidates together.

One candidate was tried at few cases, and its own mean says little; its neighbours say the rest. A case that is hard is
hard for everybody: so each has a weight of its own, and luck with cases is not taken for a better candidate.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from llm_strategy.optimize.proposers.response_columns import Columns
from llm_strategy.optimize.proposers.response_fit import Weights, chances, regressed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from llm_strategy.optimize.proposers.tunable import Tunable
    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.requests import Scored

__all__ = ["ResponseSurface", "surface_of"]

_CASE = 1.0
"""How far the weight of a case is expected to be from 0."""
_TRUST = 20.0
"""Scores of its own that weigh as much as what the surface says of a candidate."""
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class ResponseSurface:
    """How scores depend on values."""

    columns: Columns
    """Turns values into rows."""
    weights: Weights
    """What is known of the weights of columns, those of cases last."""
    expected: tuple[float, ...]
    """What each candidate that it was learnt from can be expected to score."""

    def rows(self, points: Sequence[Values]) -> Any:
        """Return rows for values."""
        np: Any = import_module("numpy")
        return np.array([self.columns.row(point) for point in points])


def surface_of(leaves: Sequence[Tunable], written: Collection[str], tried: Sequence[Scored]) -> ResponseSurface:
    """Learn a response surface.

    Args:
        leaves: what is tuned.
        written: the paths of all else that is searched.
        tried: the candidates so far, with their scores by case; at least one.
    """
    np: Any = import_module("numpy")
    columns = Columns(leaves, written, tried)
    rows = np.array([columns.row(one.candidate.values) for one in tried])
    cases = sorted({case for one in tried for case in one.cases})
    place = {case: at for at, case in enumerate(cases)}
    owners = [at for at, one in enumerate(tried) for _ in one.cases]
    where = np.array([place[case] for one in tried for case in one.cases], dtype=int)
    scores = np.array([score for one in tried for score in one.cases.values()], dtype=float)
    low, high = float(min(0.0, *scores)) if len(scores) else 0.0, float(max(1.0, *scores)) if len(scores) else 1.0
    seen = np.concatenate([rows[owners], np.eye(len(cases))[where]], axis=1) if len(scores) else rows[:0]
    deviations = np.array(columns.deviations(rows.shape[1]) + [_CASE] * len(cases))
    weights = regressed(seen, (scores - low) / (high - low), deviations)
    expected = _expected(rows, weights, [list(one.cases.items()) for one in tried], place, (low, high))
    return ResponseSurface(columns, weights, tuple(expected))


def _expected(
    rows: Any, weights: Weights, scored: Sequence[Sequence[tuple[str, float]]], place: dict[str, int], ends: Any
) -> list[float]:
    """Return what candidates can be expected to score at all cases: what the surface says, and their own scores."""
    np: Any = import_module("numpy")
    low, high = ends
    width = rows.shape[1]
    hard = weights.mean[width:]
    told = low + (high - low) * chances((rows @ weights.mean[:width])[:, None] + (hard if len(hard) else np.zeros(1)))
    found: list[float] = []
    for row, own in zip(told, scored, strict=True):
        gain = sum(score - float(row[place[case]]) for case, score in own) / (len(own) + _TRUST)
        found.append(round(float(row.mean()) + gain, _DIGITS))
    return found
