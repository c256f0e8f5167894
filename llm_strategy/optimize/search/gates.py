"""Gates: what a candidate must show before it is accepted. Each stops as soon as it is clear that it will not do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from llm_strategy.optimize.search.front import dominates
from llm_strategy.optimize.search.race import block_of
from llm_strategy.optimize.search.standing import is_weak, rows

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from llm_strategy.optimize.search.asking import Wanted
    from llm_strategy.optimize.search.record import Record, Shown
    from llm_strategy.optimize.search.requests import Purpose
    from llm_strategy.optimize.search.run import Run

__all__ = ["Gate", "Stage", "gate"]

Stage: TypeAlias = "tuple[Purpose, list[Wanted]]"
"""Rollouts that a gate wants next, and what for."""
Gate: TypeAlias = "Generator[Stage, None, str]"
"""Wants rollouts, and ends with what speaks against the candidate: '' where nothing does."""


def gate(run: Run, child: Record, parent: Record, shown: Sequence[Shown]) -> Gate:
    """Return the gate for a candidate.

    Args:
        run: the search.
        child: the candidate.
        parent: what it must be better than.
        shown: training cases that its proposer has seen the parent at; none where it has seen nothing.
    """
    return _raced(run, child) if run.noisy else _strict(run, child, parent, shown)


def _strict(run: Run, child: Record, parent: Record, shown: Sequence[Shown]) -> Gate:
    """Want the same cases, and more of them right; then all cases in use, where no other candidate may dominate it.

    A child that is as good as its parent at what was shown is no better, as long as better ones are found. Where they
    are not, its parent's validation failures decide: training cases may be too few to show what it is good for.
    """
    gain = 0.0
    if shown and not child.fate:
        gain = yield from _won(run, child, parent, shown)
        if gain < 0 or (gain == 0 and not run.stuck):
            return "rejected: minibatch"
    if gain == 0 and (yield from _won(run, child, parent, _drawn(run, child, parent))) <= 0:
        return "rejected: gate"
    yield "val", [(child, "val", case) for case in run.val[: run.active]]
    table = rows(run, [*run.pool, child])
    if any(dominates(row, table[child.number]) for number, row in table.items() if number != child.number):
        return "dominated"
    return ""


def _won(run: Run, child: Record, parent: Record, cases: Sequence[Shown]) -> Generator[Stage, None, float]:
    """Try a child at cases, the failures of its parent first; its net gain, once it is clear that there is none."""
    own = {case: score for case in cases if (score := parent.score(*case)) is not None}
    usual = math.fsum(own.values()) / max(1, len(own))
    gain = 0.0
    for weak in (True, False):
        stage = [case for case in own if is_weak(run, own[case], usual) is weak]
        if stage:
            yield "gate" if stage[0][0] == "val" else "minibatch", [(child, split, case) for split, case in stage]
        known = [case for case in own if child.score(*case) is not None]
        gain = math.fsum((child.score(*case) or 0.0) - own[case] for case in known)
        if gain <= 0:
            break
    return gain


def _drawn(run: Run, child: Record, parent: Record) -> list[Shown]:
    """Draw validation cases at which the parent leaves something to be desired."""
    cases: list[Shown] = [("val", case) for case in run.val[: run.active]]
    own = {case: score for case in cases if (score := parent.score(*case)) is not None}
    usual = math.fsum(own.values()) / max(1, len(own))
    weak = [case for case, score in own.items() if is_weak(run, score, usual)] or list(own)
    return run.draws("gate", child.candidate.key).sample(weak, min(run.settings.minibatch, len(weak)))


def _raced(run: Run, child: Record) -> Gate:
    """Want a first block; the rest is for the race."""
    child.racing = True
    yield "gate", block_of(run, child)
    return ""
