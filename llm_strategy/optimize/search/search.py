"""The search: from a seed to the best values that the budget allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.optimize.search.asking import note
from llm_strategy.optimize.search.beginning import begun
from llm_strategy.optimize.search.finish import finished
from llm_strategy.optimize.search.growth import grown
from llm_strategy.optimize.search.pooled import pooled_step
from llm_strategy.optimize.search.requests import Estimate, Estimated
from llm_strategy.optimize.search.run import Run
from llm_strategy.optimize.search.second_look import to_look_at
from llm_strategy.optimize.search.setup import SearchSetup
from llm_strategy.optimize.search.standing import best_of
from llm_strategy.optimize.search.step import one_step

if TYPE_CHECKING:
    from llm_strategy.optimize.search.asking import Steps
    from llm_strategy.optimize.search.requests import Search

__all__ = ["SearchSetup", "search"]


def search(setup: SearchSetup) -> Search:
    """Search for better values: a generator that asks for rollouts and proposals, and ends with what it has found."""
    run = Run(setup)
    complete = yield from begun(run)
    reason = (yield from _climbed(run)) if complete else "budget"
    return (yield from finished(run, reason))


def _climbed(run: Run) -> Steps[str]:
    while True:
        if not run.askable and to_look_at(run) is None:
            return "nothing to search" if not run.step else "budget"
        before = len(run.records), run.spending.spent
        if not (yield from (pooled_step(run) if run.pooled else one_step(run))):
            return "budget"
        if not run.pooled:
            yield from grown(run)
        run.idle = run.idle + 1 if before == (len(run.records), run.spending.spent) else 0
        if reason := _reason_to_end(run):
            return reason
        if (yield from _is_improbable(run)):
            return "improvement is improbable"


def _reason_to_end(run: Run) -> str:
    """Return what of the search itself ends it; '' where nothing does."""
    if run.idle >= run.settings.idle:
        return "nothing new is proposed"
    if run.stalled >= run.settings.patience:
        return "patience"
    return "perfect" if run.is_solved(best_of(run)) else ""


def _is_improbable(run: Run) -> Steps[bool]:
    best = best_of(run)
    every = run.settings.estimate_every
    run.improvement.check(step=run.step, horizon=every, best=best.number)
    if run.step % every:
        return False
    answer: Estimated = yield Estimate(run.told_pool, best.candidate, run.step, run.named("estimate", run.step))
    run.spending.spend(0, answer.left)
    if answer.probability is None:
        return False
    probability = run.improvement.calibrated(answer.probability)
    stops = run.improvement.is_known and probability < run.settings.improbable
    run.improvement.told(answer.probability, step=run.step, best=best.number)
    yield from note("estimate", {"told": answer.probability, "calibrated": probability, "step": run.step})
    return stops
