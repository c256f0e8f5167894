"""The gate where scores are noisy: candidates race, and whoever may be the best gets the next rollouts.

A few rollouts say little where luck decides half of them, and rollouts that tell good from lucky are dear. So no
candidate is tried to the end at once. Each time, a mean is drawn for every candidate in the race, of those that it may
have, and one for a child that nobody has made yet. The highest gets the next block of rollouts. A child that looks
worse than its parent is left: there are more where it came from, of which as much is expected, and less is known (to
stay with those that win is what is best where there is no end of others: Berry et al. 1997).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llm_strategy.optimize.search.standing import believed, best_of, doubt, estimate

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from llm_strategy.optimize.search.asking import Wanted
    from llm_strategy.optimize.search.record import Record
    from llm_strategy.optimize.search.run import Run

__all__ = ["block_of", "next_in_race", "verdict"]


def next_in_race(run: Run, draws: random.Random, taken: Sequence[Record]) -> Record | None:
    """Return who gets the next rollouts; None for a child that is to be made.

    Args:
        run: the search.
        draws: random numbers for this decision alone.
        taken: who gets rollouts in this step already.
    """
    bold = run.settings.boldness
    child = estimate(run, best_of(run)) + bold * run.lineage.step * draws.gauss(0, 1)
    highest, first = child, None
    for record in run.records:
        hopeful = record.racing and run.lineage.gain(record)[0] >= 0
        if hopeful or record.pool:
            drawn = estimate(run, record) + bold * doubt(run, record) * draws.gauss(0, 1)
            if drawn > highest and record not in taken:
                highest, first = drawn, record
    return first


def block_of(run: Run, record: Record) -> list[Wanted]:
    """Return the next rollouts of a candidate: cases that it was tried at the least, its parent's worst ones first."""
    cases = list(run.val[: run.active])
    run.draws("race", record.candidate.key).shuffle(cases)
    if record.candidate.parents:
        own = believed(run, run.records[record.candidate.parents[0]])
        cases.sort(key=lambda case: own.get(case, math.inf))
    cases.sort(key=lambda case: record.repeats("val", case))
    return [(record, "val", case) for case in cases[: run.settings.block]]


def verdict(run: Run, record: Record) -> str | None:
    """Return what speaks against a candidate in the race: '' for nothing, None while it is open.

    It is accepted when its gain over its parent is `sure` standard errors, or when it was tried at all validation cases
    in use, with a gain; it is out when it was tried at all of them without, or when it cannot be expected to be the
    best any more.
    """
    gain, error = run.lineage.gain(record)
    if gain > run.settings.sure * error:
        return ""
    if all(case in record.cells["val"] for case in run.val[: run.active]):
        return "rejected: gate" if gain <= 0 else ""
    best = best_of(run)
    if estimate(run, record) + 2 * doubt(run, record) < estimate(run, best):
        return "rejected: gate"
    return None
