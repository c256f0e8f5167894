"""The report of a run in the words of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.planner.figures.summary import RequirementRow, RunSummary, StepRow, SummaryRow
from llm_strategy.planner.program.outline import outline
from llm_strategy.tracing.exporters.figures import cost_text, count_text, seconds_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.planner.codebase import PlannerReport
    from llm_strategy.planner.figures.summary import Mood
    from llm_strategy.planner.program import Program

__all__ = ["summary_of"]


def summary_of(report: PlannerReport, program: Program | None = None) -> RunSummary:
    """Return what a page says of a run beside its figures.

    Args:
        report: how the run ended.
        program: its program as it is now, which tells the steps that were not begun, and the texts of all.

    >>> from pathlib import Path
    >>> from llm_strategy.planner.codebase import PlannerReport
    >>> summary_of(PlannerReport("A sum.", Path("sums"), "budget: 10 calls")).outcome
    'Stopped'
    """
    return RunSummary(
        task=report.task,
        outcome="Done" if report.is_done else "Stopped",
        reason="" if report.is_done else report.reason,
        mood="good" if report.is_done else "warn",
        rows=tuple(_rows(report)),
        steps=tuple(_steps(report, program)),
        requirements=tuple(
            RequirementRow(one.id, one.text, one.instructions, one.files, one.tests, one.state)
            for one in report.requirements
        ),
    )


def _rows(report: PlannerReport) -> Iterator[SummaryRow]:
    if report.requirements:
        passed = sum(one.state == "passed" for one in report.requirements)
        note = f"{passed} of {count_text(len(report.requirements), 'requirement')} tested and met"
        mood: Mood = "good" if passed == len(report.requirements) else "warn"
        yield SummaryRow("Features", f"{report.features * 100:.0f} %", note, mood)
    verdict = report.verdict
    if verdict is not None:
        errors = len(verdict.problems)
        yield SummaryRow("Errors", f"{errors:,}", mood="bad" if errors else "")
        failed = f"{verdict.failed:,} failed" if verdict.failed else ""
        yield SummaryRow("Tests passed", f"{verdict.passed:,}", failed, "bad" if failed else "")
    yield SummaryRow("Lines of code", f"{report.lines:,}")
    spent = report.spent
    if spent is not None:
        yield SummaryRow("Requests", f"{spent.calls:,}")
        yield SummaryRow("Tokens in", f"{spent.input_tokens:,}")
        yield SummaryRow("Tokens out", f"{spent.output_tokens:,}")
        yield SummaryRow("Cost", "unknown" if spent.dollars is None else cost_text(spent.dollars))
        yield SummaryRow("Time", seconds_text(spent.seconds))


def _steps(report: PlannerReport, program: Program | None) -> Iterator[StepRow]:
    """Yield the steps of the program in its order, then those that are over and no longer in it."""
    over = {one.path: one for one in report.steps if one.is_current and not one.path.startswith(":")}
    rows = outline(program, {path: one.outcome for path, one in over.items()}) if program is not None else ()
    for row in rows:
        if row.path:
            record = over.pop(row.path, None)
            attempts, note = (record.attempts, record.note) if record else (0, "")
            yield StepRow(row.path, row.text, row.outcome, attempts, note, row.requirements)
    for path, record in over.items():
        yield StepRow(path, "", record.outcome, record.attempts, record.note)
