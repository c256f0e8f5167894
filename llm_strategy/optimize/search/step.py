"""One step of the search: parents, their failures, proposals, gates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.optimize.search.asking import rolled
from llm_strategy.optimize.search.gates import gate
from llm_strategy.optimize.search.minibatch import minibatch
from llm_strategy.optimize.search.proposing import READS_NO_RUNS, proposed
from llm_strategy.optimize.search.race import block_of, next_in_race, verdict
from llm_strategy.optimize.search.second_look import looked_again, to_look_at
from llm_strategy.optimize.search.settling import settled
from llm_strategy.optimize.search.standing import chosen_parents, front_members
from llm_strategy.optimize.search.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.search.asking import Steps
    from llm_strategy.optimize.search.record import Record, Shown
    from llm_strategy.optimize.search.run import Run

__all__ = ["one_step"]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Who is asked for what."""

    name: str
    parents: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class _Trial:
    """A candidate on its way through the gates."""

    child: Record
    parent: Record
    shown: Sequence[Shown]


def one_step(run: Run) -> Steps[bool]:
    """Make a step; whether the budget allowed all of it.

    A step has as many slots as there are mutations of parents. Where scores are noisy, some go to candidates that are
    in the race; the others go to new ones. Without noise old ones get another look where nothing new comes any more.
    """
    run.step += 1
    slots = run.settings.parents * run.settings.mutations
    again = to_look_at(run)
    if again is not None:
        return (yield from _looked_again(run, again))
    racing = _racing(run, slots) if run.noisy else []
    if racing:
        complete = yield from rolled(run, [one for record in racing for one in block_of(run, record)], "gate")
        yield from _raced(run, racing)
        if not complete:
            return False
    if len(racing) == slots:
        return not run.spending.over
    trials = yield from _trials(run, slots - len(racing))
    if trials is None:
        return False
    return (yield from _gated(run, trials)) and not run.spending.over


def _looked_again(run: Run, record: Record) -> Steps[bool]:
    run.stalled += 1
    complete, fate = yield from looked_again(run, record)
    if fate != record.fate:
        yield from _decided(run, record, fate)
    return complete and not run.spending.over


def _racing(run: Run, slots: int) -> list[Record]:
    taken: list[Record] = []
    for slot in range(slots):
        record = next_in_race(run, run.draws("race", run.step, slot), taken)
        if record is not None:
            taken.append(record)
    return taken


def _trials(run: Run, slots: int) -> Steps[list[_Trial] | None]:
    """Make new candidates; None where the budget did not allow to look at their parents."""
    plans = _plans(run, slots)
    reading = {plan.parents[0].number: plan.parents[0] for plan in plans if plan.name not in READS_NO_RUNS}
    batches = yield from together(run, [minibatch(run, parent) for parent in reading.values()])
    if None in batches:
        return None
    shown = dict(zip(reading, batches, strict=True))
    trials: list[_Trial] = []
    for slot, plan in enumerate(plans):
        parent = plan.parents[0]
        batch = ([] if plan.name in READS_NO_RUNS else shown[parent.number]) or []
        made = yield from proposed(run, plan.name, plan.parents, batch, slot)
        if not made:
            run.portfolio.learn(plan.name, accepted=False)
        trials += [_Trial(child, parent, batch) for child in made]
    return trials


def _gated(run: Run, trials: Sequence[_Trial]) -> Steps[bool]:
    """Lead new candidates through their gates; whether the budget allowed it."""
    run.stalled += 1
    ends = yield from together(run, [gate(run, trial.child, trial.parent, trial.shown) for trial in trials])
    for trial, end in zip(trials, ends, strict=True):
        if end is None:
            yield from settled(run, trial.child, "cut short: budget")
        elif not run.noisy:
            yield from _decided(run, trial.child, end)
    if run.noisy:
        yield from _raced(run, [trial.child for trial, end in zip(trials, ends, strict=True) if end is not None])
    return None not in ends


def _raced(run: Run, records: Sequence[Record]) -> Steps[None]:
    for record in records:
        run.tell(record)
        if record.racing and (end := verdict(run, record)) is not None:
            yield from _decided(run, record, end)


def _decided(run: Run, record: Record, end: str) -> Steps[None]:
    run.portfolio.learn(record.candidate.proposer, accepted=not end)
    if not end:
        run.stalled = 0
    yield from settled(run, record, end)


def _plans(run: Run, slots: int) -> list[_Plan]:
    parents = chosen_parents(run, run.draws("parents", run.step), run.settings.parents)
    plans = [_Plan("restart", (run.seed,))] if _is_restart_due(run) else []
    for place, parent in enumerate(parents):
        plans += [_plan(run, parent, (place, mutation)) for mutation in range(run.settings.mutations)]
    return plans[:slots]


def _is_restart_due(run: Run) -> bool:
    due = run.stalled > 0 and run.stalled % run.settings.restart_after == 0
    return due and "restart" in run.setup.proposers and "restart" not in run.silent


def _plan(run: Run, parent: Record, place: tuple[int, int]) -> _Plan:
    others = [record for record in front_members(run) if record is not parent]
    names = [name for name in run.setup.proposers if name != "restart" and name not in run.silent]
    able = [name for name in names if name != "merge" or others]
    draws = run.draws("proposer", run.step, *place)
    if not able:  # nobody but those that need two candidates, of which there is one
        return _Plan(names[0], (parent,))
    name = run.portfolio.pick(draws, able)
    return _Plan(name, (parent, draws.choice(others)) if name == "merge" else (parent,))
