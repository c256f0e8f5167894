"""The training cases that a proposer is shown: a parent's failures, of which as few as possible are paid for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llm_strategy.optimize.search.record import LEARNT
from llm_strategy.optimize.search.standing import is_weak

if TYPE_CHECKING:
    from collections.abc import Generator

    from llm_strategy.optimize.search.gates import Stage
    from llm_strategy.optimize.search.record import Record, Shown
    from llm_strategy.optimize.search.run import Run

__all__ = ["minibatch"]

_ROUNDS = 3


def minibatch(run: Run, parent: Record) -> Generator[Stage, None, list[Shown]]:
    """Find training cases to show, failures first.

    Failures that are known and were not shown often come first. Where there are too few of them, cases are tried that
    were not tried yet: those first at which an ancestor failed. Cases that a model made up are training cases, too.
    """
    size = run.settings.minibatch
    draws = run.draws("minibatch", run.step, parent.number)
    chosen = _weak(run, parent)
    draws.shuffle(chosen)
    chosen.sort(key=lambda case: parent.shown.get(case, 0))
    chosen = [case for case in chosen if parent.shown.get(case, 0) < run.settings.shown][:size]
    fresh = _fresh(run, parent)
    for _ in range(_ROUNDS):
        lacking = size - len(chosen)
        if not (lacking and fresh):
            break
        tried, fresh = fresh[:lacking], fresh[lacking:]
        yield "minibatch", [(parent, split, case) for split, case in tried]
        weak = set(_weak(run, parent))
        chosen += [case for case in tried if case in weak]
        if chosen:
            break
    if not chosen:
        chosen = sorted(_weak(run, parent), key=lambda case: parent.shown.get(case, 0))[:size]
    run.exposed.update(chosen)
    for case in chosen:
        parent.shown[case] = parent.shown.get(case, 0) + 1
    return chosen


def _weak(run: Run, record: Record) -> list[Shown]:
    cells: dict[Shown, float] = {
        (split, case): cell.mean for split in LEARNT for case, cell in record.cells[split].items()
    }
    usual = math.fsum(cells.values()) / max(1, len(cells))
    return [case for case, score in cells.items() if is_weak(run, score, usual)]


def _fresh(run: Run, parent: Record) -> list[Shown]:
    failed = {case for number in parent.candidate.parents for case in _weak(run, run.records[number])}
    fresh = [case for case in run.learnt if parent.score(*case) is None]
    run.draws("fresh", run.step, parent.number).shuffle(fresh)
    if run.pooled:  # what is drawn whatever candidates did there can be learnt from as well
        return sorted(fresh, key=lambda case: case in run.exposed)
    return sorted(fresh, key=lambda case: case not in failed)
