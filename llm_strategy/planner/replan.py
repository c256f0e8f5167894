"""Planning the rest of a run anew by hand: an operation of its own, recorded with its reason and its cost."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.chat import resolve
from llm_strategy.errors import BudgetExceededError, InputError, WorkspaceError
from llm_strategy.flow import arun, run
from llm_strategy.planner.budget import PlannerBudget
from llm_strategy.planner.computer import Job
from llm_strategy.planner.computer.durably import Durably
from llm_strategy.planner.computer.placing import place, to_be_placed
from llm_strategy.planner.computer.replanning import replanning
from llm_strategy.planner.domains import DOMAINS, Domain
from llm_strategy.planner.evaluators import Evaluators
from llm_strategy.planner.file_store import FileStore
from llm_strategy.planner.parts import Parts
from llm_strategy.planner.settings import PlannerSettings
from llm_strategy.planner.state import RunState, Spent

if TYPE_CHECKING:
    from collections.abc import Generator

    from llm_strategy.chat import ModelLike
    from llm_strategy.flow import Flow
    from llm_strategy.planner.computer.durably import Lasting
    from llm_strategy.planner.program import Program

__all__ = ["Replanned", "areplan", "replan"]

_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Replanned:
    """What came of planning anew."""

    program: Program
    """The program as it is now."""
    before: Program
    """The program as it was."""
    version: int
    """Number of the new version."""
    spent: Spent
    """What it has cost."""


def replan(
    workspace: str | Path,
    because: str,
    model: ModelLike | None = None,
    *,
    parts: Parts | None = None,
    budget: PlannerBudget | None = None,
) -> Replanned:
    """Ask the architect to plan the rest of a run anew, and put the new program into place.

    Steps that were begun stay as they are. The new program is a version of its own, with the reason, and the cost is a
    step `:replanned...` of the run. Nothing of it is carried out: resume the run for that. Where the process is killed,
    the same call goes on, and pays for nothing twice.

    Args:
        workspace: the folder of the run, which must not be under way.
        because: what went wrong, or what is to change.
        model: who answers; None for the default model.
        parts: the architect to ask, where it is not the library's own.
        budget: what the run may spend, with all that it has spent already.

    >>> from tempfile import TemporaryDirectory
    >>> from llm_strategy.planner import generate_custom, Instruction, Program
    >>> from llm_strategy.testing import ScriptedModel
    >>> place, poem = TemporaryDirectory(), Program("A poem.", instructions=(Instruction("1", "Write a sonnet."),))
    >>> silent = ScriptedModel([])
    >>> _ = generate_custom("custom", "A poem.", silent, workspace=place.name, program=poem, budget="steps=0")
    >>> architect = ScriptedModel(['{"return_value": [{"do": "Write a haiku."}]}'])
    >>> found = replan(place.name, "Sonnets are too long.", architect)
    >>> [(one.id, one.text) for one in found.program.instructions], found.version, found.spent.calls
    ([('2', 'Write a haiku.')], 2, 1)
    >>> place.cleanup()

    Raises:
        InputError: no reason is given.
        WorkspaceError: there is no run, it has no program yet, or it is under way.
        ProgramError: the file of the program holds none.
        ConfigurationError: there is no model.
        BudgetExceededError: the budget has no room for it.
    """
    with _opened(workspace, because, model, parts, budget) as (job, why):
        return run(_replanned(job, why))


async def areplan(
    workspace: str | Path,
    because: str,
    model: ModelLike | None = None,
    *,
    parts: Parts | None = None,
    budget: PlannerBudget | None = None,
) -> Replanned:
    """Plan the rest of a run anew without blocking the event loop; see `replan`."""
    with _opened(workspace, because, model, parts, budget) as (job, why):
        return await arun(_replanned(job, why))


@contextmanager
def _opened(
    workspace: str | Path, because: str, model: ModelLike | None, parts: Parts | None, budget: PlannerBudget | None
) -> Generator[tuple[Job, str]]:
    why, folder = because.strip(), Path(workspace).expanduser()
    if not why or len(why) > _LONGEST:
        raise InputError(
            f"Planning anew needs a reason of 1 to {_LONGEST:,} letters, and this one has {len(why):,}. Say what went "
            "wrong, or what is to change."
        )
    parts = parts or Parts()
    resolve(parts.models.get("architect", model))
    with RunState.reading(folder):
        pass  # a folder without a run stays as it is
    with RunState(folder) as state, FileStore(folder) as store:
        place(state)  # what a process that was killed has left to be placed
        if state.program is None:
            raise WorkspaceError(f"The run in {str(folder)!r} has no program yet. Resume it, and it is planned.")
        named = DOMAINS.get(state.domain)
        job = Job(
            task=state.task,
            domain=named() if named is not None else Domain(state.domain, state.domain),
            settings=PlannerSettings.model_validate(state.settings),
            store=store,
            state=state,
            evaluators=Evaluators(()),
            model=model,
            parts=parts,
            budget=budget or PlannerBudget(),
        )
        yield job, why


def _replanned(job: Job, why: str) -> Flow[Replanned]:
    state, began = job.state, time.monotonic()
    before, outcomes = state.program, state.outcomes
    assert before is not None  # noqa: S101 (it was looked at when the run was opened)
    short = job.budget.exhausted(state.spent, 0)
    if short:
        raise BudgetExceededError(f"The budget has no room for planning anew: {short}.")
    path = f":replanned{sum(one.startswith(':replanned') for one in outcomes)}"
    name = job.journal_name(path, before, why)

    def asking() -> Flow[Program]:
        with job.budget.left(state.spent):
            return (yield from replanning(job, before, outcomes, why))

    lasting: Lasting[Program] = yield Durably(state.journal_of(name), asking)
    sums = lasting.totals
    took = round(time.monotonic() - began, 3)
    spent = Spent(sums.calls, sums.input_tokens, sums.output_tokens, sums.cost, took)
    with state.transaction():
        state.close_step(path, "done", note=why, spent=spent)
        for failed in [one for one, outcome in outcomes.items() if outcome == "failed"]:
            state.change_outcome(failed, "replaced")
        to_be_placed(state, lasting.value, f"replanned by hand: {' '.join(why.split())[:200]}")
        state.let_journal_go(name)
    place(state)
    state.drop_journal(name)
    return Replanned(lasting.value, before, state.programs()[-1].number, spent)
