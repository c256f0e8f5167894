"""A run as its workspace tells it: its report, and the figures of all its traces together."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.errors import ProgramError, TraceFileError
from llm_strategy.planner.figures.data import Figures, figures_of
from llm_strategy.planner.figures.of_report import summary_of
from llm_strategy.planner.own_folder import OWN_FOLDER
from llm_strategy.planner.report_record import report_of
from llm_strategy.planner.state import RunState
from llm_strategy.tracing.recorded import RecordedTrace

if TYPE_CHECKING:
    from llm_strategy.planner.codebase import PlannerReport
    from llm_strategy.planner.figures.summary import RunSummary
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["WorkspaceRun", "read_run"]


@dataclass(frozen=True, slots=True)
class WorkspaceRun:
    """A run, with all the times that it was resumed."""

    report: PlannerReport
    """How it ended, or how far it has come."""
    summary: RunSummary
    """The same in words."""
    figures: Figures
    """What it was like, from all its traces."""
    problems: tuple[str, ...] = ()
    """What could not be read."""


def read_run(workspace: str | Path) -> WorkspaceRun:
    """Return the run of a workspace, which may be under way.

    Raises:
        WorkspaceError: there is no run.
        StoredDataError: what is kept of it is damaged.
    """
    place = Path(workspace).expanduser()
    with RunState.reading(place) as record:
        report = report_of(record)
        program = None
        with suppress(ProgramError):  # somebody is at editing it
            program = record.program
    spans: list[SpanRecord] = []
    problems: list[str] = []
    for path in sorted((place / OWN_FOLDER / "traces").glob("*.jsonl")):
        try:
            spans += RecordedTrace.read(path).spans
        except TraceFileError as error:
            problems.append(str(error))
    return WorkspaceRun(report, summary_of(report, program), figures_of(spans), tuple(problems))
