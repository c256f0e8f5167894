"""A report in Weights & Biases: one run for the search, and, where wanted, one for each of its candidates.

Everything here happens after the search. `wandb` is imported when a report is exported, not before. A run that was
handed in is never finished; one that is opened here is opened and finished within bounded times, and without a network
it becomes an offline run, which `wandb sync` sends later.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.optimize.report.page import report_page
from llm_strategy.optimize.report.wandb_panels import panels_of
from llm_strategy.optimize.report.wandb_rows import (
    ROLLOUTS,
    candidate_config,
    candidate_rows,
    candidate_summary,
    config_of,
    history_rows,
    summary_of,
)
from llm_strategy.tracing.exporters.wandb import check_target
from llm_strategy.tracing.exporters.wandb_run import ExportedRun, RunAtHand, open_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = ["check_project", "export_candidates", "export_report"]

_MOST_RUNS = 200


def check_project(to: object) -> None:
    """Make sure that a report can go to `to`, before anything is paid for. Does not import wandb.

    Raises:
        ConfigurationError: `to` is nothing that a report can go to.
        MissingExtraError: wandb is not installed.
    """
    check_target(to)


def export_report(report: OptimizationReport, to: Any) -> ExportedRun:
    """Export a report as a run: settings, candidates as rows and as a table, panels, summary, page, and files.

    The panels are those of a sweep: parallel coordinates, and the importance of each hyperparameter.

    Args:
        report: what was found.
        to: an open run, which is left open; or a mapping of arguments of `wandb.init`, or the name of a project, for a
            run of its own; or True for the run that is open in this process, and for a new one where there is none.

    Raises:
        ConfigurationError: `to` is nothing that a report can go to.
        MissingExtraError: wandb is not installed.
    """
    check_target(to)
    run, arguments = _target(to)
    try:
        at_hand = RunAtHand(run) if run is not None else open_run({**_described(report), **arguments})
    except Exception as error:  # noqa: BLE001 (whatever the SDK meets, the search has done its work)
        return _none(error)
    if at_hand is None:
        return ExportedRun("", "disabled")
    for part, write in _WRITERS.items():
        try:
            write(at_hand.run, report)
        except Exception as error:  # noqa: BLE001 (whatever the SDK meets, the search has done its work)
            at_hand.problems.append(f"The part {part!r} is missing: {type(error).__name__}: {error}.")
    at_hand.finish(failed=False)
    exported = at_hand.exported()
    if exported.problems:
        told = f"The report of {report.task!r} is not whole at Weights & Biases. {' '.join(exported.problems)}"
        warnings.warn(told, RuntimeWarning, stacklevel=2)
    return exported


def export_candidates(
    report: OptimizationReport, project: str | Mapping[str, Any], *, most: int = 50
) -> tuple[ExportedRun, ...]:
    """Export candidates as runs of one group, as those of a sweep: its parallel coordinates show them.

    Args:
        report: what was found.
        project: the name of a project, or arguments of `wandb.init`.
        most: how many runs are made: the seed, the one that is returned, then the best.

    Raises:
        ConfigurationError: `project` is nothing that a report can go to.
        MissingExtraError: wandb is not installed.
    """
    check_target(project)
    arguments = {"project": project} if isinstance(project, str) else dict(project)
    first = {0: 0, report.best_number: 1}
    scored = [member for member in report.members if member.scores]
    ranked = sorted(scored, key=lambda one: (first.get(one.number, 9), -(one.mean or 0.0), one.number))
    found: list[ExportedRun] = []
    for member in ranked[: min(most, _MOST_RUNS)]:
        told = {
            **_described(report),
            "group": report.task[:100],
            "job_type": "candidate",
            "name": f"candidate {member.number}",
            "config": candidate_config(report, member.number),
        }
        try:
            at_hand = open_run({**told, **arguments})
        except Exception as error:  # noqa: BLE001 (whatever the SDK meets, the search has done its work)
            return (*found, _none(error))
        if at_hand is None:
            return (ExportedRun("", "disabled"),)
        at_hand.run.summary.update(candidate_summary(member))
        at_hand.finish(failed=False)
        found.append(at_hand.exported())
    return tuple(found)


def _target(to: Any) -> tuple[Any, Mapping[str, Any]]:
    """Return the run that is there, or the arguments for a new one."""
    if isinstance(to, str):
        return None, {"project": to}
    if isinstance(to, Mapping):
        return None, cast("Mapping[str, Any]", to)
    return (getattr(sys.modules.get("wandb"), "run", None) if to is True else to), {}


def _described(report: OptimizationReport) -> dict[str, Any]:
    return {"name": report.task[:100] or "optimization", "job_type": "optimization"}


def _none(error: Exception) -> ExportedRun:
    told = f"No run could be opened: {type(error).__name__}: {error}. The report itself is on this machine."
    return ExportedRun("", "none", problems=(told,))


def _write_config(run: Any, report: OptimizationReport) -> None:
    run.config.update({"llm_strategy_optimization": config_of(report)}, allow_val_change=True)


def _write_history(run: Any, report: OptimizationReport) -> None:
    rows = history_rows(report)
    run.define_metric(ROLLOUTS)
    for name in sorted({name for row in rows for name in row} - {ROLLOUTS}):
        run.define_metric(name, step_metric=ROLLOUTS, summary="none")
    for row in rows:
        run.log(row)


def _write_summary(run: Any, report: OptimizationReport) -> None:
    run.summary.update(summary_of(report))


def _write_page(run: Any, report: OptimizationReport) -> None:
    # The page stands for itself: wandb would otherwise add a stylesheet from another host.
    page = _wandb().Html(report_page(report), inject=False, data_is_not_path=True)
    run.log({"optimization/page": page})


def _write_table(run: Any, report: OptimizationReport) -> None:
    columns, rows = candidate_rows(report)
    run.log({"optimization/candidates": _wandb().Table(columns=columns, data=rows, optional=True)})


def _write_panels(run: Any, report: OptimizationReport) -> None:
    for name, panel in panels_of(report, _wandb()).items():
        run.log({name: panel})


def _write_files(run: Any, report: OptimizationReport) -> None:
    artifact = _wandb().Artifact("optimization-report", type="optimization", metadata={"format": report.format})
    texts = {
        "report.json": report.model_dump_json(indent=1),
        "best.json": report.best,
        "report.html": report_page(report),
    }
    for name, text in texts.items():
        with artifact.new_file(name, mode="wb") as lines:
            lines.writelines([text.encode()])
    run.log_artifact(artifact)


def _wandb() -> Any:
    return import_module("wandb")


_WRITERS: dict[str, Callable[[Any, OptimizationReport], None]] = {
    "config": _write_config,
    "history": _write_history,
    "summary": _write_summary,
    "page": _write_page,
    "candidates": _write_table,  # from here on wandb asks the server, and waits where the network has gone
    "panels": _write_panels,
    "files": _write_files,
}
