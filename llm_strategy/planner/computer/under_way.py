"""The step that is under way: what it has cost, and the way back, where it is broken off or given up.

Its journal is one of the things that a step needs when it goes on. The state knows as well where the files stood before
it, and how long it has taken. So whatever is changed between two runs (the program, settings, the model, who is asked),
the step can be given up in good order: its cost is booked, its files are put back, and it begins anew.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

from llm_strategy.planner.computer.files import mark_of, put_back
from llm_strategy.planner.state import Spent

if TYPE_CHECKING:
    from llm_strategy.planner.file_store import FileStore
    from llm_strategy.planner.state import RunRecord, RunState

__all__ = ["UnderWay", "begun", "give_up", "spent_so_far", "under_way"]

_KEY: Final = "under way"
BROKEN_OFF: Final = "broken off"
"""The outcome that is kept of a step that was given up; it does not count as one."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A step that has begun, and is not over."""

    path: str
    """The step."""
    journal: str
    """The name of its journal."""
    mark: int
    """Number of the last change of files before it."""
    seconds: float = 0.0
    """How long it has taken in runs that were broken off, as far as they could say so."""


def under_way(state: RunRecord) -> UnderWay | None:
    """Return the step that is under way; None where none is."""
    found = state.get(_KEY)
    return None if found is None else UnderWay(**found)


def begun(state: RunState, store: FileStore, path: str, journal: str) -> UnderWay:
    """Say that a step begins, or goes on. Another one that was under way is given up."""
    found = under_way(state)
    if found is not None and (found.path, found.journal) == (path, journal):
        return found
    give_up(state, store)
    return note(state, UnderWay(path, journal, mark_of(store)))


def note(state: RunState, step: UnderWay) -> UnderWay:
    """Write down what is known of the step that is under way."""
    state.note(_KEY, asdict(step))
    return step


def over(state: RunState) -> None:
    """Say that no step is under way any more; meant to be called in a transaction of the state."""
    state.note(_KEY, None)


def took(state: RunState, seconds: float) -> None:
    """Add the time of a run that is broken off."""
    found = under_way(state)
    if found is not None:
        note(state, replace(found, seconds=round(found.seconds + seconds, 3)))


def give_up(state: RunState, store: FileStore) -> None:
    """Book what the step under way has cost, put its files back, and remove its journal; nothing where none is."""
    found = under_way(state)
    if found is None:
        return
    if not found.path.startswith(":"):
        key = f"{found.path}/{state.epoch(found.path)}/given up"
        put_back(store, found.mark, step=found.path, key=key)
    cost = _cost_of(state, found)
    with state.transaction():
        state.close_step(found.path, BROKEN_OFF, note="What it depends on was changed.", spent=cost)
        state.reopen(found.path)
        state.let_journal_go(found.journal)
        over(state)
    state.drop_journal(found.journal)


def spent_so_far(state: RunRecord) -> Spent:
    """Return what the run has cost, with the step that is under way."""
    found = under_way(state)
    return state.spent if found is None else state.spent + _cost_of(state, found)


def _cost_of(state: RunRecord, step: UnderWay) -> Spent:
    path = state.journal_of(step.journal)
    if not path.exists():
        return Spent(seconds=step.seconds)
    from llm_strategy.flow.journal.contents import journal_contents  # only where a step was broken off

    sums = journal_contents(path).totals
    return Spent(sums.calls, sums.input_tokens, sums.output_tokens, sums.cost, step.seconds)
