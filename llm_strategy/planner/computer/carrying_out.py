"""Carrying out one instruction: attempts, and what is left where none of them succeeds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from llm_strategy.planner.computer.attempt import Attempt
from llm_strategy.planner.computer.files import mark_of, put_back
from llm_strategy.planner.computer.remembered import Remembered
from llm_strategy.planner.hooks import Proposal

if TYPE_CHECKING:
    from llm_strategy.flow import Flow
    from llm_strategy.planner.computer.attempt import Attempted
    from llm_strategy.planner.computer.job import Job
    from llm_strategy.planner.computer.place import Place

__all__ = ["StepResult", "carrying_out"]


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended."""

    outcome: str
    """`done`, `failed` or `skipped`."""
    attempts: int
    """How often it was begun."""
    note: str
    """Why it failed, or what the writer said of it."""


def carrying_out(job: Job, place: Place) -> Flow[StepResult]:
    """Carry out an instruction.

    Where every attempt fails, the files are put back as they were before it: a step is done, or has not happened. All
    that was written stays in the history.
    """
    if job.hooks.confirm is not None:
        proposal = Proposal("step", place.path, place.instruction.text)
        allowed: bool = yield Remembered("confirm step", partial(job.hooks.confirm, proposal), bool)
        if not allowed:
            return StepResult("skipped", 0, "The user did not allow it.")
    before: int = yield Remembered("mark", partial(mark_of, job.store), int)
    note = ""
    attempts = place.instruction.attempts or job.settings.attempts
    for number in range(1, attempts + 1):
        tried: Attempted = yield from Attempt(job, place, number, note).run()
        if tried.is_done:
            return StepResult("done", number, tried.note)
        note = tried.note
    yield Remembered("put back", partial(_put_back, job, place, before), int)
    return StepResult("failed", attempts, note)


def _put_back(job: Job, place: Place, mark: int) -> int:
    return put_back(job.store, mark, step=place.path, key=f"{place.path}/{place.epoch}/put back").change
