"""A second look at what was turned away, where nothing new is proposed any more.

A gate turns a candidate away after one to three rollouts: good ones among them, too, which is right as long as others
come after them. Where a pool is empty, or nobody is left to ask, none come. Then it is better to spend rollouts on
what was turned away than to keep them: whoever may be the best by a draw (as in the race of noisy candidates) is tried
at more validation cases, and taken in where no other candidate dominates it at all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.optimize.search.asking import rolled
from llm_strategy.optimize.search.front import dominates
from llm_strategy.optimize.search.standing import best_of, rows

if TYPE_CHECKING:
    from llm_strategy.optimize.search.asking import Steps
    from llm_strategy.optimize.search.record import Record
    from llm_strategy.optimize.search.run import Run

__all__ = ["looked_again", "to_look_at"]

_TURNED_AWAY = frozenset({"rejected: minibatch", "rejected: gate"})
_HOPELESS = 2.0


def to_look_at(run: Run) -> Record | None:
    """Return a candidate to look at again; None where new ones still come, or no hope is left for the old ones."""
    if run.noisy or run.pooled or (run.askable and run.dry < run.settings.dry_after):
        return None
    best = run.lineage.mean(best_of(run))
    bold, draws = run.settings.boldness, run.draws("look", run.step)
    highest, first = 0.0, None
    for record in run.records:
        if record.fate not in _TURNED_AWAY:
            continue
        mean, error = run.lineage.mean(record), run.lineage.error(record)
        drawn = mean + bold * error * draws.gauss(0, 1)
        if mean + _HOPELESS * error > best and (first is None or drawn > highest):
            highest, first = drawn, record
    return first


def looked_again(run: Run, record: Record) -> Steps[tuple[bool, str]]:
    """Try a candidate at more cases; whether the budget allowed it, and what its fate is now."""
    lacking = [case for case in run.val[: run.active] if case not in record.cells["val"]]
    cases = lacking[: run.settings.minibatch]
    if not (yield from rolled(run, [(record, "val", case) for case in cases], "val")):
        return False, record.fate
    if len(lacking) > len(cases):
        return True, record.fate
    table = rows(run, [*run.pool, record])
    dominated = any(dominates(row, table[record.number]) for number, row in table.items() if number != record.number)
    return True, "dominated" if dominated else ""
