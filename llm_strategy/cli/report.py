"""`llm-strategy report`: what a run of the planner made, and what it was like. Parsing only."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path  # noqa: TC003  # typer reads it
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.printable import printable, printable_line

if TYPE_CHECKING:
    from llm_strategy.planner.figures.of_workspace import WorkspaceRun

__all__ = ["report"]


def report(
    workspace: Annotated[Path, typer.Argument(help="The folder of the run.")],
    *,
    html: Annotated[Path | None, typer.Option(help="Write a page with all figures, which needs no network.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write the figures as a picture.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON, for other programs.")] = False,
) -> None:
    """Show how a run ended, its steps and requirements, and its figures; also while it is under way."""
    from llm_strategy.planner.figures.of_workspace import read_run

    run = read_run(workspace)
    for problem in run.problems:
        typer.echo(printable(f"left out: {problem}"), err=True)
    if html is not None:
        _write_page(run, html)
    if png is not None:
        _write_picture(run, png)
    if as_json:
        typer.echo(json.dumps(_data(run), indent=2))
    elif html is png is None:
        _show(run)


def _show(run: WorkspaceRun) -> None:
    from llm_strategy.cli.trace_files import console_for_output
    from llm_strategy.planner.figures.terminal import print_figures

    print_figures(console_for_output(), run.figures, run.summary)
    for question, answer in run.report.decisions.items():
        typer.echo(f"decided: {printable_line(question, 500)} {printable_line(answer, 500)}")


def _write_page(run: WorkspaceRun, path: Path) -> None:
    from llm_strategy.cli.trace_files import write_whole
    from llm_strategy.planner.figures.page import figures_page

    write_whole(path, figures_page(run.figures, run.summary))
    _tell(path)


def _write_picture(run: WorkspaceRun, path: Path) -> None:
    from llm_strategy.planner.figures.png import figures_png

    drawn = figures_png(run.figures, title=run.summary.task[:100])
    try:
        path.write_bytes(drawn)
    except OSError as error:
        raise ConfigurationError(f"{str(path)!r} cannot be written: {error.strerror}. Name another --png.") from error
    _tell(path)


def _data(run: WorkspaceRun) -> dict[str, Any]:
    told = run.report
    return {
        **asdict(told),
        "workspace": str(told.workspace),
        "decisions": dict(told.decisions),
        "is_done": told.is_done,
        "features": told.features,
    }


def _tell(path: Path) -> None:
    if str(path) != "-":
        typer.echo(f"Wrote {printable(str(path))}", err=True)
