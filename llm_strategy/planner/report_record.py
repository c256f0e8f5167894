"""The report of a run in its workspace: written down when the run ends, read by whoever asks later."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError

from llm_strategy.errors import StoredDataError
from llm_strategy.planner.codebase import PlannerReport
from llm_strategy.planner.evaluators import Verdict  # noqa: TC001 (read where it is restored)
from llm_strategy.planner.metrics import RequirementTrace, traced_requirements

if TYPE_CHECKING:
    from llm_strategy.planner.state.record import RunRecord

__all__ = ["NOT_ENDED", "REPORT", "report_data", "report_of"]

REPORT: Final = "report"
"""Name of the note in the state of a run that keeps its last report; None as long as the run goes on."""
NOT_ENDED: Final = "it has not ended: it is under way, or was stopped"
"""The reason of a run that has no report."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What of a report the state does not tell by itself."""

    reason: str
    requirements: tuple[RequirementTrace, ...]
    verdict: Verdict | None
    lines: int
    made: float


def report_data(report: PlannerReport) -> dict[str, Any]:
    """Return what is kept of a report, as JSON."""
    kept = _Kept(report.reason, report.requirements, report.verdict, report.lines, time.time())
    data: dict[str, Any] = TypeAdapter(_Kept).dump_python(kept, mode="json")
    return data


def report_of(record: RunRecord) -> PlannerReport:
    """Return the report of a run, which may not have ended: what is known of it then is in its steps.

    Raises:
        WorkspaceError: no run was begun there.
        ProgramError: the file of its program holds none.
        StoredDataError: what was kept is damaged.
    """
    kept = _kept(record)
    if kept is None:
        program = record.program
        traces = traced_requirements(program, {}, (), {}) if program is not None else ()
        kept = _Kept(NOT_ENDED, traces, None, 0, 0.0)
    return PlannerReport(
        task=record.task,
        workspace=record.workspace,
        reason=kept.reason,
        steps=tuple(record.steps()),
        requirements=kept.requirements,
        decisions=record.get("decisions") or {},
        verdict=kept.verdict,
        lines=kept.lines,
        spent=record.spent,
    )


def _kept(record: RunRecord) -> _Kept | None:
    data = record.get(REPORT)
    if data is None:
        return None
    try:
        return TypeAdapter(_Kept).validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise StoredDataError(
            f"The report in {str(record.workspace)!r} is damaged at {where}: {first['msg']}. Resume the run: it writes "
            "another one."
        ) from error
