"""How good candidates are thought to be, and which are the best."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llm_strategy.optimize.search.front import front_of, wins

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from llm_strategy.optimize.search.record import Record
    from llm_strategy.optimize.search.run import Run

__all__ = [
    "believed",
    "best_of",
    "bound",
    "chosen_parents",
    "doubt",
    "estimate",
    "front_members",
    "is_weak",
    "leaders_of",
    "rows",
    "spread",
]


def spread(run: Run) -> float:
    """Return the variance of scores over cases and calls, from all that is accepted; never quite zero."""
    known = run.spreads
    if run.spending.spent not in known:
        known.clear()
        known[run.spending.spent] = _spread(run)
    return known[run.spending.spent]


def _spread(run: Run) -> float:
    squares, count = 0.0, 0
    for record in run.pool:
        values = [cell.mean for cell in record.cells["val"].values()]
        if len(values) > 1:
            mean = math.fsum(values) / len(values)
            squares += math.fsum((value - mean) ** 2 for value in values)
            count += len(values) - 1
    return squares / count if count and squares > 0 else 1e-6


def believed(run: Run, record: Record) -> dict[str, float]:
    """Return what is believed of a candidate's scores by validation case: they are seen through the noise."""
    cells = record.cells["val"]
    if not run.noisy:
        if record.belief[0] != record.count:
            record.belief = (record.count, {case: cell.mean for case, cell in cells.items()})
        return record.belief[1]
    if record.belief[0] != record.count:
        means = run.noise.believed([cell.mean for cell in cells.values()], [cell.count for cell in cells.values()])
        record.belief = (record.count, dict(zip(cells, means, strict=True)))
    return record.belief[1]


def estimate(run: Run, record: Record) -> float:
    """Return the mean that a candidate is thought to have.

    Without noise it is that of its scores; but where a gate has stopped it at its parent's failures, these are no
    sample of all cases, and it is thought to be somewhat worse than its parent. With noise, it is what its descent and
    the rollouts of all candidates together say. Where there is a surrogate, it is what that one expects.
    """
    if run.pooled:
        return run.estimates[record.number]
    if run.noisy:
        return run.lineage.mean(record)
    if not record.candidate.parents or record.pool or len(record.cells["val"]) >= run.active:
        return record.mean
    return _refused(run, record)


def _refused(run: Run, record: Record) -> float:
    tried = len(record.cells["val"]) or len(record.cells["train"])
    return estimate(run, run.records[record.candidate.parents[0]]) - math.sqrt(spread(run)) / (tried + 1)


def doubt(run: Run, record: Record) -> float:
    """Return the standard error of the estimate."""
    if run.noisy and not run.pooled:
        return run.lineage.error(record)
    return math.sqrt(spread(run) / (record.count + 1e-9))


def bound(run: Run, record: Record) -> float:
    """Return the lower bound of what a candidate is thought to have: estimate less one standard error."""
    return estimate(run, record) - doubt(run, record)


def is_weak(run: Run, score: float, mean: float) -> bool:
    """Whether a score leaves something to be desired: less than perfect, or than usual where nobody knows perfect."""
    perfect = run.setup.perfect
    return score < perfect if perfect is not None else score <= mean


def rows(run: Run, records: Sequence[Record]) -> dict[int, list[float | None]]:
    """Return what candidates are compared by."""
    cases = run.val[: run.active]
    kind = run.settings.front
    names = sorted({name for record in records for name in record.objectives}) if kind != "instance" else []
    table: dict[int, list[float | None]] = {}
    if run.pooled:  # few of them know a case in common
        told = names if kind != "instance" else []
        return {one.number: [estimate(run, one), *(one.objectives.get(name) for name in told)] for one in records}
    for record in records:
        row: list[float | None] = []
        if kind != "objective" or not names:
            known = believed(run, record)
            shift = estimate(run, record) - record.mean if run.noisy else 0.0
            row += [known[case] + shift if case in known else None for case in cases]
        if kind != "instance" and names:
            objectives = record.objectives
            row += [estimate(run, record), *(objectives.get(name) for name in names)]
        table[record.number] = row
    return table


def front_members(run: Run) -> list[Record]:
    """Return the candidates that no other accepted one dominates."""
    return [run.records[number] for number in front_of(rows(run, run.pool))]


def chosen_parents(run: Run, draws: random.Random, count: int) -> list[Record]:
    """Return parents.

    Dominated candidates are dropped, then each is drawn as often as it is the best somewhere. Where scores are noisy,
    what is best at a case is mostly luck: each is drawn as often as it may be the best of all, accepted or not.
    """
    if run.noisy and not run.pooled:
        return [_maybe_best(run, draws) for _ in range(count)]
    table = rows(run, run.pool)
    front = front_of(table)
    weights = wins(table, front)
    if not any(weights):
        weights = [1] * len(front)
    return [run.records[number] for number in draws.choices(front, weights, k=count)]


def _maybe_best(run: Run, draws: random.Random) -> Record:
    bold = run.settings.boldness
    tried = [record for record in run.records if record.count] or [run.seed]
    worths = [estimate(run, one) + bold * doubt(run, one) * draws.gauss(0, 1) for one in tried]
    return tried[worths.index(max(worths))]


def leaders_of(run: Run, count: int) -> list[Record]:
    """Return the best candidates, the best first.

    With noise they are ordered by lower bounds. Without, by their means at the cases in use, those first that were
    tried at all of them; the newer of equals, as it got past a gate that the older one set.
    """
    cases = run.val[: run.active]

    def standing(record: Record) -> tuple[float, float, int]:
        if run.pooled:
            return (1.0, estimate(run, record), record.number)
        if run.noisy:
            return (1.0, bound(run, record), record.number)
        if record.summed[0] != (record.count, run.active):
            known = record.scores("val", cases)
            record.summed = ((record.count, run.active), (float(len(known)), sum(known)))
        return (*record.summed[1], record.number)

    return sorted(run.pool, key=standing, reverse=True)[:count]


def best_of(run: Run) -> Record:
    """Return the best candidate."""
    return leaders_of(run, 1)[0]
