"""The report of a run: what there is in the workspace, judged once more, and traced back to what was required."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.planner.codebase import Codebase, PlannerReport
from llm_strategy.planner.computer.files import texts_of
from llm_strategy.planner.computer.under_way import spent_so_far
from llm_strategy.planner.metrics import loc, traced_requirements
from llm_strategy.planner.report_record import REPORT, report_data

if TYPE_CHECKING:
    from llm_strategy.planner.computer import Job

__all__ = ["reporting"]


def reporting(job: Job, reason: str) -> Codebase:
    """Return the files of a run with its report, which is written down in the workspace as well."""
    files = texts_of(job.store)
    state, verdict = job.state, job.evaluators(files)
    program = state.program
    traces = (
        traced_requirements(program, job.store.steps_of_files(), verdict.tests, files) if program is not None else ()
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
        spent=spent_so_far(state),
    )
    state.note(REPORT, report_data(report))
    return Codebase(files, report)
