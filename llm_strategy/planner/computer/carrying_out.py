"""Carrying out one instruction: attempts, and what is left where none of them succeeds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from llm_strategy.errors import BudgetExceededError
from llm_strategy.planner.computer.attempt import Attempt
from llm_strategy.planner.computer.files import put_back
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


def carrying_out(job: Job, place: Place, mark: int) -> Flow[StepResult]:
    """Carry out an instruction.

    Where every attempt fails, the files are put back as they were before it: a step is done, or has not happened. All
    that was written stays in the history.

    Args:
        job: the run.
        place: where the program stands.
        mark: the state of the files before the step; see `mark_of`.
    """
    if job.hooks.confirm is not None:
        proposal = Proposal("step", place.path, place.instruction.text)
        allowed: bool = yield Remembered("confirm step", partial(job.hooks.confirm, proposal), bool)
        if not allowed:
            return StepResult("skipped", 0, "The user did not allow it.")
    result: StepResult = yield from _within_its_tokens(job, place)
    if result.outcome != "failed":
        return result
    left: list[str] = yield Remembered("put back", partial(_put_back, job, place, mark), list[str])
    told = f" Left as they are, since somebody else has changed them: {', '.join(left)}." if left else ""
    return replace(result, note=result.note + told)


def _within_its_tokens(job: Job, place: Place) -> Flow[StepResult]:
    """Try the instruction within its own limit of tokens. A limit of the run that is used up ends the run."""
    tokens = place.instruction.tokens
    if tokens is None:
        return (yield from _tried(job, place))
    from llm_strategy.flow.budgets import budget  # most instructions have none

    spent = job.state.spent
    left = None if job.budget.tokens is None else job.budget.tokens - spent.input_tokens - spent.output_tokens
    try:
        with budget(tokens=tokens):
            return (yield from _tried(job, place))
    except BudgetExceededError as error:
        if error.limit != "tokens" or (left is not None and left <= tokens):
            raise
        return StepResult("failed", 1, f"The {tokens:,} tokens of this instruction were used up.")


def _tried(job: Job, place: Place) -> Flow[StepResult]:
    note = ""
    attempts = place.instruction.attempts or job.settings.attempts
    for number in range(1, attempts + 1):
        tried: Attempted = yield from Attempt(job, place, number, note).run()
        if tried.is_done:
            return StepResult("done", number, tried.note)
        note = tried.note
    return StepResult("failed", attempts, note)


def _put_back(job: Job, place: Place, mark: int) -> list[str]:
    return put_back(job.store, mark, step=place.path, key=f"{place.path}/{place.epoch}/put back")
