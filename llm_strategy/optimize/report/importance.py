"""How much of what scores differ by goes with each hyperparameter, as far as the candidates that were tried show it."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from typing import TYPE_CHECKING

from llm_strategy.optimize.report.words import thinly_scored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = ["importance_of"]


def importance_of(report: OptimizationReport) -> dict[str, float]:
    """Return the share of the variance of scores that goes with each leaf, from 0 to 1, the largest first.

    For numbers it is the square of the rank correlation; for all else what a grouping by value explains, less what one
    by luck would (epsilon squared: Kelley 1935). A leaf that was never changed, or always to something new, is absent.

    Candidates are made from those that did well, and are no sample of the space: what was changed together shares what
    it is good for. So this says where to look, and no more.

    >>> from llm_strategy.testing.sample_optimizations import sample_report
    >>> all(0 <= share <= 1 for share in importance_of(sample_report()).values())
    True
    """
    thin = thinly_scored(report.members)
    known = {one.number: one.mean for one in report.members if one.mean is not None and one.number not in thin}
    scored = [one for one in report.members if math.isfinite(known.get(one.number, math.nan))]
    scores = [known[one.number] for one in scored]
    found: dict[str, float] = {}
    for leaf in report.leaves:
        values = [one.changes.get(leaf.path, leaf.seed) for one in scored]
        numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
        tuned = leaf.kind in {"number", "integer"} and len(numbers) == len(values)
        share = _ranked(numbers, scores) if tuned else _grouped(map(_text, values), scores)
        if share is not None:
            found[leaf.path] = share
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _ranked(values: Sequence[float], scores: Sequence[float]) -> float | None:
    """Return the square of the rank correlation; None where either does not differ."""
    first, second = _ranks(values), _ranks(scores)
    middle = (len(values) - 1) / 2
    both = math.fsum((one - middle) * (other - middle) for one, other in zip(first, second, strict=True))
    alone = math.fsum((one - middle) ** 2 for one in first) * math.fsum((one - middle) ** 2 for one in second)
    return min(1.0, both * both / alone) if alone > 0 else None


def _ranks(values: Sequence[float]) -> list[float]:
    """Return the place of each value in their order; equal ones share the mean of theirs."""
    places: dict[float, list[int]] = defaultdict(list)
    for place, value in enumerate(sorted(values)):
        places[value].append(place)
    return [math.fsum(places[value]) / len(places[value]) for value in values]


def _grouped(values: Iterable[str], scores: Sequence[float]) -> float | None:
    """Return what a grouping by value explains; None where there is one group, or nothing but groups of one."""
    groups: dict[str, list[float]] = defaultdict(list)
    for value, score in zip(values, scores, strict=True):
        groups[value].append(score)
    free = len(scores) - len(groups)
    whole = _squares(scores)
    if len(groups) < 2 or free < 1 or whole <= 0:
        return None
    inside = math.fsum(_squares(group) for group in groups.values())
    return max(0.0, (whole - inside - (len(groups) - 1) * inside / free) / whole)


def _squares(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values) if values else 0.0
    return math.fsum((value - mean) ** 2 for value in values)
