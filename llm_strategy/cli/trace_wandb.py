"""`llm-strategy trace wandb`: traces as runs of Weights & Biases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from llm_strategy.tracing.exporters.wandb import export_traces
from llm_strategy.tracing.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llm_strategy.tracing.exporters.wandb import ExportedRun
    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["send_to_wandb"]


def send_to_wandb(traces: Sequence[RecordedTrace], settings: Mapping[str, Any], *, together: bool) -> None:
    """Export traces, print where each run is, and end with the exit code 1 if anything went wrong.

    Raises:
        MissingExtraError: wandb is not installed.
    """
    runs = export_traces(traces, settings=settings, together=together)
    for run in runs:
        if run.mode != "none":
            typer.echo(printable(_where(run)))
        for problem in run.problems:
            typer.echo(printable(problem), err=True)
    if any(run.problems for run in runs):
        raise typer.Exit(1)


def _where(run: ExportedRun) -> str:
    place = run.url or (str(run.directory) if run.directory else "nowhere")
    later = f"  (send it with: wandb sync {run.directory})" if run.mode == "offline" and run.directory else ""
    return f"run {run.id}, {run.mode}: {place}{later}"
