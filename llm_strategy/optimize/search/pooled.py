"""A step of a search that judges candidates by all rollouts together: a few of each are enough, and no gate is needed.

Gates look at a parent's failures, and stop early: that is the cheapest way to find out whether a text helps. But it
says little of how good a candidate is, and a surrogate that learnt from it would learn what is not so. So here each
candidate is tried at a few cases that are drawn whatever it does, and the surrogate puts all of these together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.optimize.search.asking import note, rolled
from llm_strategy.optimize.search.minibatch import minibatch
from llm_strategy.optimize.search.proposing import READS_NO_RUNS, proposed
from llm_strategy.optimize.search.standing import best_of, estimate, leaders_of
from llm_strategy.optimize.search.together import together

if TYPE_CHECKING:
    from llm_strategy.optimize.search.asking import Steps, Wanted
    from llm_strategy.optimize.search.record import Record, Shown
    from llm_strategy.optimize.search.run import Run

__all__ = ["RESPONSE", "pooled_step"]

RESPONSE = "response"
"""The proposer that the surrogate speaks through."""


def pooled_step(run: Run) -> Steps[bool]:
    """Make a step; whether the budget allowed all of it."""
    run.step += 1
    run.stalled += 1
    before = best_of(run)
    made: list[Record] = []
    for slot in range(run.settings.parents * run.settings.mutations):
        name, parents = _asked(run, before, slot)
        shown: list[Shown] = []
        if name not in READS_NO_RUNS:
            batches = yield from together(run, [minibatch(run, before)])
            if batches[0] is None:
                return False
            shown = batches[0]
        found = yield from proposed(run, name, parents, shown, slot)
        if not found:
            run.portfolio.learn(name, accepted=False)
        made += [record for record in found if record not in made]
    wanted = [one for record in made for one in probes(run, record, run.settings.probes)]
    complete = yield from rolled(run, wanted, "val")
    yield from _judged(run, made, before)
    return complete and not run.spending.over


def probes(run: Run, record: Record, count: int) -> list[Wanted]:
    """Return validation cases for a candidate: those that it was tried at the least, drawn whatever it did there."""
    cases = list(run.val)
    run.draws("probe", run.step, record.candidate.key).shuffle(cases)
    cases.sort(key=lambda case: record.repeats("val", case))
    return [(record, "val", case) for case in cases[:count] if run.noisy or not record.repeats("val", case)]


def _asked(run: Run, best: Record, slot: int) -> tuple[str, tuple[Record, ...]]:
    """Return who is asked to make something of which candidates."""
    draws = run.draws("proposer", run.step, slot)
    others = [record for record in leaders_of(run, run.settings.leaders + 1) if record is not best]
    names = [name for name in run.setup.proposers if name not in {RESPONSE, "restart"} and name not in run.silent]
    names = [name for name in names if name != "merge" or others]
    restart = run.stalled % run.settings.restart_after == 0 and "restart" in run.setup.proposers
    if restart and not slot and "restart" not in run.silent:
        return "restart", (run.seed,)
    if RESPONSE not in run.silent and (not names or draws.random() >= run.settings.written):
        return RESPONSE, (best,)
    name = run.portfolio.pick(draws, names)
    return name, (best, draws.choice(others)) if name == "merge" else (best,)


def _judged(run: Run, made: list[Record], before: Record) -> Steps[None]:
    """Judge all candidates anew; take those in that were tried."""
    run.pool_together()
    for record in made:
        new = not record.pool
        record.pool = record.count > 0
        record.fate = "pool" if record.pool else "cut short: budget"
        record.spent = run.spending.spent
        better = record.pool and estimate(run, record) > estimate(run, before)
        run.portfolio.learn(record.candidate.proposer, accepted=better)
        data = {"number": record.number, "fate": record.fate, "mean": estimate(run, record), "step": run.step}
        if new:
            yield from note("accepted" if record.pool else "rejected", data)
    if best_of(run) is not before:
        run.stalled = 0
