"""The validation cases in use grow where the leaders cannot be told apart by those that are in use."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llm_strategy.optimize.search.asking import note, rolled
from llm_strategy.optimize.search.standing import front_members, leaders_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.search.asking import Steps, Wanted
    from llm_strategy.optimize.search.record import Record
    from llm_strategy.optimize.search.run import Run

__all__ = ["grown", "told_apart"]

_AFTER = 4


def grown(run: Run) -> Steps[None]:
    """Use more validation cases if that is needed and affordable: the best candidates are tried at the new ones.

    Where scores are noisy, that is left to the race.
    """
    active = min(len(run.val), math.ceil(run.active * run.settings.growth))
    if active == run.active:
        return
    front = {record.number for record in front_members(run)}
    best = leaders_of(run, run.settings.leaders)
    leaders = [record for record in best if record.number in front] or best[:1]
    alike = len(leaders) > 1 and not told_apart(leaders[0], leaders[1])
    stuck = run.stalled > 0 and run.stalled % run.settings.grow_after == 0
    if not (alike or stuck or _is_solved(run, leaders[0])):
        return
    cases = () if run.noisy else run.val[run.active : active]
    wanted: list[Wanted] = [(record, "val", case) for record in leaders for case in cases]
    if len(wanted) + _AFTER * active > run.spending.room(run.needed()):
        return
    if (yield from rolled(run, wanted, "grow")):
        run.active = active
        for record in leaders:
            run.tell(record)
        yield from note("grown", {"active": active, "leaders": [record.number for record in leaders]})


def _is_solved(run: Run, record: Record) -> bool:
    perfect = run.setup.perfect
    return perfect is not None and all(score >= perfect for score in record.scores("val", run.val[: run.active]))


def told_apart(first: Record, second: Record) -> bool:
    """Whether the first is better than the second by more than its standard error, at the cases that both know."""
    differences = [
        one.mean - other.mean
        for case, one in first.cells["val"].items()
        if (other := second.cells["val"].get(case)) is not None
    ]
    return _mean(differences) > _error(differences)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0


def _error(values: Sequence[float]) -> float:
    if len(values) < 2:
        return math.inf
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))
