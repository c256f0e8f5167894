"""The report of a run: what there is in the workspace, judged once more, and traced back to what was required."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from llm_strategy.planner.codebase import Codebase, PlannerReport
from llm_strategy.planner.computer.files import texts_of
from llm_strategy.planner.metrics import loc, traced_requirements

if TYPE_CHECKING:
    from llm_strategy.planner.computer import Job
    from llm_strategy.planner.file_store import FileStore

__all__ = ["reporting", "steps_of_files"]


def reporting(job: Job, reason: str) -> Codebase:
    """Return the files of a run with its report."""
    files = texts_of(job.store)
    state, verdict = job.state, job.evaluators(files)
    program = state.program
    traces = (
        traced_requirements(program, steps_of_files(job.store), verdict.tests, files) if program is not None else ()
    )
    report = PlannerReport(
        task=job.task,
        workspace=job.store.folder.root,
        reason=reason,
        steps=tuple(state.steps()),
        requirements=traces,
        decisions=state.get("decisions") or {},
        verdict=verdict,
        lines=loc(files),
        spent=state.spent,
    )
    return Codebase(files, report)


def steps_of_files(store: FileStore) -> dict[str, set[str]]:
    """Return the steps that have written each file."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for change in store.changes():
        if change.kind == "edits":
            for edit in change.data():
                found[str(edit["path"])].add(change.step)
    return dict(found)
