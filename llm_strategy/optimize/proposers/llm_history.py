"""What a model is told of earlier candidates: the hypotheses that were acted upon, and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.optimize.loop.optimization_info import ScoredHyperparameters, TriedHypothesis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.search.candidate import Candidate
    from llm_strategy.optimize.search.requests import Scored
    from llm_strategy.optimize.space import Space

__all__ = ["front_of", "hypotheses_of", "score_of_candidate"]


def hypotheses_of(tried: Sequence[Scored]) -> list[TriedHypothesis]:
    """Return the hypotheses that were acted upon, each with what came of it, in order."""
    means = {one.candidate.number: one for one in tried}
    acted = [one for one in tried if one.candidate.hypothesis]
    return [TriedHypothesis(hypothesis=one.candidate.hypothesis, outcome=_outcome(one, means)) for one in acted]


def _outcome(one: Scored, means: dict[int, Scored]) -> str:
    if not one.count:
        return "it did not get past its first cases"
    parents = [means[number].mean for number in one.candidate.parents if number in means and means[number].count]
    if not parents:
        return f"a score of {one.mean:.3f}"
    before = max(parents)
    verdict = "better" if one.mean > before else "not better"
    return f"{verdict}: a score of {one.mean:.3f}, and {before:.3f} before"


def score_of_candidate(candidate: Candidate, pool: Sequence[Scored]) -> float | None:
    """Return the mean score of a candidate; None where it has none."""
    return next((one.mean for one in pool if one.candidate.number == candidate.number and one.count), None)


def front_of(space: Space, pool: Sequence[Scored], but: Candidate, count: int) -> list[ScoredHyperparameters[Any]]:
    """Return the best other candidates, the best first.

    Args:
        space: the space.
        pool: what there is.
        but: what is left out.
        count: how many there are at most.
    """
    made: Any = ScoredHyperparameters[space.point_type]  # type: ignore[name-defined]  # known when it runs
    others = [one for one in pool if one.candidate.number != but.number and one.count]
    best = sorted(others, key=lambda one: (-one.mean, one.candidate.number))[:count]
    return [made(hyperparameters=space.point(one.candidate.values), score=one.mean, runs=one.count) for one in best]
