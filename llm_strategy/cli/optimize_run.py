"""One search from the command line: begun or resumed, watched, and told how it ended."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer

from llm_strategy.cli.trace_files import console_for_output, write_whole
from llm_strategy.errors import ConfigurationError, LLMStrategyError
from llm_strategy.optimize.config import plan_of, read_config
from llm_strategy.optimize.optimizing import optimize
from llm_strategy.optimize.report.live import view_for
from llm_strategy.optimize.report.page import report_page
from llm_strategy.optimize.report.terminal import print_report
from llm_strategy.optimize.store import OptimizationRecord
from llm_strategy.tracing.printable import printable

if TYPE_CHECKING:
    from pathlib import Path

    from llm_strategy.optimize.config import OptimizeConfig, Plan
    from llm_strategy.optimize.options import OptimizeOptions
    from llm_strategy.optimize.report.live import View
    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = ["Wanted", "carry_out"]

_STOPPED = 130
"""What a program ends with that was interrupted, as shells have it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command says beside its file."""

    workers: int | None = None
    """Rollouts at once."""
    model: str | None = None
    """Who proposes and reflects."""
    task_model: str | None = None
    """Who answers the task."""
    quiet: bool = False
    """Whether nothing is shown of it but how it ended."""
    wandb: str | None = None
    """The project of Weights & Biases that the report goes to."""


def carry_out(path: Path, wanted: Wanted, *, resume: bool) -> int:
    """Carry out the search that a file describes, and return the exit code: 0, or 130 where it was stopped.

    Raises:
        LLMStrategyError: it cannot be begun, or cannot go on.
    """
    config = read_config(path)
    given = {name: getattr(wanted, name) for name in ("workers", "model", "task_model")}
    config = config.model_copy(update={name: value for name, value in given.items() if value is not None})
    place, store = config.places()
    _check_store(store, path, resume=resume)
    if wanted.wandb is not None:
        import_module("llm_strategy.optimize.report.wandb").check_project(wanted.wandb)
    _import_from(path.parent)
    plan = plan_of(config)
    view = view_for(config.name, quiet=wanted.quiet)
    again = shlex.join(["llm-strategy", "optimize", "resume", str(path)])
    try:
        with view:
            found = _optimized(plan, config, view)
    except KeyboardInterrupt:
        typer.echo(f"Stopped. Everything so far is kept. Go on with: {again}", err=True)
        return _STOPPED
    except Exception as error:
        if view.progress.books is not None and view.progress.books.rollouts:
            typer.echo(_what_now(error, again, path, store), err=True)
        raise
    _tell(found, place, path)
    if wanted.wandb is not None:
        _send(found, wanted.wandb)
    return 0


def _what_now(error: Exception, again: str, path: Path, store: Path) -> str:
    """Return what can be done after an error: scores by a metric of before and of after cannot be compared."""
    anew = f"begin anew: give another `store` in {printable(str(path))}, or move {printable(str(store))} away"
    if any(note.startswith("The metric raised this") for note in getattr(error, "__notes__", ())):
        return (
            f"The metric raised this. Where it is mended, {anew}: scores of before cannot be compared with those of "
            f"after. What was done is kept for one that fails now and then: {again}"
        )
    return f"What was done is kept. Go on with: {again}\nWhere the task has to be mended for that, {anew}."


def _optimized(plan: Plan, config: OptimizeConfig, view: View) -> OptimizationReport:
    options: OptimizeOptions = {**plan.options, "space": plan.space, "watch": view}
    found = optimize(plan.task, plan.train, plan.val, plan.test, **options)
    return found.model_copy(update={"task": config.name})


def _check_store(store: Path, path: Path, *, resume: bool) -> None:
    if resume and not store.is_file():
        raise ConfigurationError(
            f"There is no search to go on with: {str(store)!r} is not there. Begin one with: "
            f"llm-strategy optimize run {path}"
        )
    if not resume and store.exists() and not _came_to_nothing(store):
        raise ConfigurationError(
            f"{str(store)!r} is there: the search was begun before. Go on with `llm-strategy optimize resume {path}`, "
            "or name another `store` for a new one."
        )


def _came_to_nothing(store: Path) -> bool:
    """Whether a search was set up in a file, and nothing was done: its configuration may have been mended since."""
    try:
        with OptimizationRecord(store) as record:
            return record.is_empty
    except LLMStrategyError:  # it is another file, or a damaged one
        return False


def _import_from(folder: Path) -> None:
    """Let modules be found that are where the command is run, or beside its file."""
    for one in (str(folder.resolve()), os.getcwd()):  # noqa: PTH109 (sys.path holds strings)
        if one not in sys.path:
            sys.path.insert(0, one)


def _tell(report: OptimizationReport, place: Path, path: Path) -> None:
    print_report(console_for_output(), report)
    report.save(place)
    page = place.with_suffix(".html")
    write_whole(page, report_page(report))
    typer.echo(f"Wrote {printable(str(place))} and {printable(str(page))}", err=True)
    typer.echo(f"Put it into place with: llm-strategy optimize apply {shlex.quote(str(path))}", err=True)


def _send(report: OptimizationReport, project: str) -> None:
    sent: Any = import_module("llm_strategy.optimize.report.wandb").export_report(report, project)
    where = sent.url or sent.directory
    typer.echo(printable(f"Weights & Biases, {sent.mode}: {where}"), err=True)
    for problem in sent.problems:
        typer.echo(printable(problem), err=True)
