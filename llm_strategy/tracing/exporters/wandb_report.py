"""A report in Weights & Biases about exported traces: charts over calls, hyperparameters against cost, the pages."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.errors import ConfigurationError, TransportError
from llm_strategy.tracing.exporters.wandb_rows import CALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.tracing.exporters.wandb_run import ExportedRun

__all__ = ["make_report"]

_CHARTS = {
    "Tokens": ("llm_strategy/input_tokens", "llm_strategy/output_tokens", "llm_strategy/cached_tokens"),
    "Cost in US dollars": ("llm_strategy/cost_usd",),
    "Seconds": ("llm_strategy/seconds", "llm_strategy/first_chunk_seconds"),
    "Retries and errors": ("llm_strategy/retries", "llm_strategy/error"),
}
_WHOLE = ("cost_usd", "input_tokens", "output_tokens", "seconds", "retries", "errors")


def make_report(
    runs: Sequence[ExportedRun], *, title: str = "Calls of LLM functions", hyperparameters: Sequence[str] = ()
) -> str:
    """Make a report about runs that are at the server, and return its address.

    It is made with the package `wandb-workspaces`, which is a preview of its makers and not among our extras.

    Args:
        runs: what `export_trace` or `export_traces` returned; all of one project.
        title: what stands above it.
        hyperparameters: the axes before cost, tokens and time, such as `shop.describe.temperature`.

    Raises:
        ConfigurationError: a run is not at the server, they are of several projects, or the package is not installed.
        TransportError: the server did not take the report.
    """
    places = {(run.entity, run.project) for run in runs}
    absent = [run for run in runs if run.mode != "online"]
    if absent or len(places) != 1:
        found = f"{absent[0].id!r} is {absent[0].mode}" if absent else f"they are of {len(places)} projects"
        raise ConfigurationError(f"A report is about runs at the server, all of one project; {found}.")
    form = _form()
    ((entity, project),) = places
    ids = ", ".join(repr(run.id) for run in runs)
    runset = form.Runset(entity=entity, project=project, filters=f"Metric('ID') in [{ids}]")
    grid = form.PanelGrid(runsets=[runset], panels=_panels(form, hyperparameters))
    report = form.Report(entity=entity, project=project, title=title, blocks=[grid], width="fluid")
    try:
        report.save()
    except Exception as error:  # the SDK has no error of its own for this
        raise TransportError(f"The report {title!r} could not be saved: {type(error).__name__}: {error}") from error
    return str(report.url)


def _form() -> Any:
    try:
        return cast("Any", import_module("wandb_workspaces.reports.v2"))
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "A report needs the package 'wandb-workspaces': pip install wandb-workspaces"
        ) from error


def _panels(form: Any, hyperparameters: Sequence[str]) -> list[Any]:
    lines = [form.LinePlot(title=title, x=CALL, y=list(names)) for title, names in _CHARTS.items()]
    axes = [form.Config(f"llm_strategy.hyperparameters.{name}") for name in hyperparameters]
    axes += [form.SummaryMetric(f"llm_strategy/trace/{name}") for name in _WHOLE]
    columns = [form.ParallelCoordinatesPlotColumn(metric=axis) for axis in axes]
    across = form.Layout(x=0, y=12, w=24, h=10)
    below = form.Layout(x=0, y=22, w=24, h=20)
    return [
        *lines,
        form.ParallelCoordinatesPlot(title="Hyperparameters against cost", columns=columns, layout=across),
        form.MediaBrowser(title="Traces", media_keys=["llm_strategy/page"], layout=below),
    ]
