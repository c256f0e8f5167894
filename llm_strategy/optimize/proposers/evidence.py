"""What is known of the values that were tried, as numbers that can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.optimize.search.candidate import key_of
from llm_strategy.optimize.space.fitting import alike

if TYPE_CHECKING:
    from collections.abc import Collection

    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.requests import Propose

__all__ = ["Evidence", "evidence", "wordings"]

_SHRINK = 2.0
"""Scores that weigh as much as the expectation that a candidate is as good as its parent."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One candidate that was tried."""

    values: Values
    """Its values."""
    score: float
    """How good it is thought to be."""
    alike: bool
    """Whether all that cannot be tuned is as in the parent."""


def evidence(request: Propose, tuned: Collection[str]) -> list[Evidence]:
    """Return what is known of all candidates that were tried, in the order in which they were made.

    A gate may reject after few cases, at which the parent had failed: their mean says little. So what was rejected
    counts as worse than its parent, by the more the more it was tried.

    Args:
        request: what a proposer was asked.
        tuned: the paths that the proposer tunes.
    """
    means = {one.candidate.number: one.mean for one in request.tried}
    accepted = {one.candidate.number for one in request.pool}
    spread = max(means.values(), default=0.0) - min(means.values(), default=0.0) or 1.0
    parent = request.parents[0].values
    fixed = [path for path in parent if path not in tuned]
    found: list[Evidence] = []
    for one in request.tried:
        own = one.candidate
        score = one.mean
        if own.number not in accepted and own.parents:
            known = one.count / (one.count + _SHRINK)
            score = min(means.get(own.parents[0], one.mean), one.mean) - 0.1 * spread * (1 + known)
        found.append(Evidence(own.values, score, all(alike(own.values[path], parent[path]) for path in fixed)))
    return found


def wordings(request: Propose, tuned: Collection[str], most: int) -> list[Values]:
    """Return what was tried for all that cannot be tuned: what the parent has first, then the best and the newest.

    A wording that was rejected may be good with other numbers: steps to be written out need room for them.

    Args:
        request: what a proposer was asked.
        tuned: the paths that the proposer tunes.
        most: how many there are at most.
    """

    def wording(values: Values) -> Values:
        return {path: value for path, value in values.items() if path not in tuned}

    found = [wording(request.parents[0].values)]
    best: dict[str, tuple[float, int, Values]] = {}
    for at, one in enumerate(evidence(request, tuned)):
        own = wording(one.values)
        key = key_of(own)
        score = max(one.score, best[key][0]) if key in best else one.score
        best[key] = (score, at, own)
    ranked = sorted(best.values(), key=lambda one: one[:2], reverse=True)
    newest = sorted(best.values(), key=lambda one: one[1], reverse=True)
    for _, _, own in [*ranked[: most // 2], *newest]:
        if len(found) < most and not any(alike(own, one) for one in found):
            found.append(own)
    return found
