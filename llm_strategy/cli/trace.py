"""`llm-strategy trace`: look at traces, compare them, and send them elsewhere. Parsing only."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.printable import printable

__all__ = ["app"]

app = typer.Typer(help="Look at traces, compare them, and send them elsewhere.", no_args_is_help=True)

_Trace = Annotated[
    str, typer.Argument(help="A file, the name of a session, the id of a trace, or the beginning of one; or 'latest'.")
]
_Traces = Annotated[list[str] | None, typer.Argument(metavar="TRACE", help="Traces; default: the latest one.")]
_Dir = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        "-d",
        help="Where traces are. Default: LLM_STRATEGY_TRACE, else what the nearest pyproject.toml says "
        "(tool.llm_strategy.trace), else 'traces'.",
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]
_Output = Annotated[Path | None, typer.Option("--output", "-o", help="The file that is written; '-' prints it.")]


class _Mode(StrEnum):
    online = "online"
    offline = "offline"
    disabled = "disabled"


@app.command("list")
def list_traces(  # noqa: PLR0913  one option a condition
    *,
    directory: _Dir = None,
    function: Annotated[str | None, typer.Option(help="Function that was called; * and ? are patterns.")] = None,
    error: Annotated[str | None, typer.Option(help="A part of the type or message of an error; '' is any.")] = None,
    hyperparameter: Annotated[
        list[str] | None, typer.Option("--hyperparameter", "-p", help="Such as 'temperature=0.2' or 'attempts>2'.")
    ] = None,
    min_cost: Annotated[float | None, typer.Option(help="US dollars, at least.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="US dollars, at most.")] = None,
    min_seconds: Annotated[float | None, typer.Option(help="Seconds that it took, at least.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Seconds that it took, at most.")] = None,
    since: Annotated[str | None, typer.Option(help="A date, a time, or how long ago: '2026-11-21', '2h'.")] = None,
    until: Annotated[str | None, typer.Option(help="As --since.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many are shown, the newest first.")] = 20,
    calls: Annotated[bool, typer.Option("--calls", help="Show the calls that fit instead of their traces.")] = False,
    json: _Json = False,
) -> None:
    """Show the traces of a directory for which all conditions hold, the newest first."""
    from llm_strategy.cli import trace_list
    from llm_strategy.cli.trace_files import directory_of_traces
    from llm_strategy.tracing.query import TraceQuery

    query = TraceQuery(
        function=function,
        error=error,
        hyperparameters=tuple(hyperparameter or ()),
        min_cost=min_cost,
        max_cost=max_cost,
        min_seconds=min_seconds,
        max_seconds=max_seconds,
        since=trace_list.moment(since, "--since"),
        until=trace_list.moment(until, "--until"),
    )
    show = trace_list.list_calls if calls else trace_list.list_traces
    show(directory_of_traces(directory), query, limit=limit, as_json=json)


@app.command()
def show(  # noqa: PLR0913  one option a choice
    trace: Annotated[str | None, typer.Argument(help="The trace, as `list` shows it; default: the latest one.")] = None,
    *,
    directory: _Dir = None,
    depth: Annotated[int | None, typer.Option(min=0, help="Levels below the session.")] = None,
    function: Annotated[str, typer.Option(help="Only calls of this function; * and ? are patterns.")] = "",
    errors: Annotated[bool, typer.Option("--errors", help="Only what failed.")] = False,
    chats: Annotated[bool, typer.Option("--chats", help="Show the conversations instead of the spans.")] = False,
    no_content: Annotated[bool, typer.Option("--no-content", help="Leave out what models were told and said.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Show code, output and other long texts whole.")] = False,
    whole: Annotated[bool, typer.Option("--all", help="Show each of many alike spans.")] = False,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on while it is written; without TRACE, wait for a running one.")
    ] = False,
    json: _Json = False,
) -> None:
    """Show a trace as a tree, with times, tokens, costs and errors."""
    from llm_strategy.cli import trace_show
    from llm_strategy.cli.trace_files import read_trace
    from llm_strategy.tracing.exporters.terminal_rows import TreeView

    view = TreeView(depth, function, errors, content=not no_content, full=full, whole=whole or json)
    if full and no_content:
        raise typer.BadParameter("--full shows texts whole, and --no-content leaves them out: choose one.")
    if chats and (no_content or follow):
        raise typer.BadParameter("--chats shows a whole trace with its content: not with --no-content or --follow.")
    if follow:
        trace_show.follow_trace(trace, directory, view, as_json=json)
        return
    found = read_trace(trace or "latest", directory)
    if json:
        trace_show.show_json(found, view, chats=chats)
    elif chats:
        trace_show.show_chats(found)
    else:
        trace_show.show_trace(found, view)


@app.command()
def html(
    traces: _Traces = None,
    *,
    directory: _Dir = None,
    output: _Output = None,
    opened: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Write a page that shows a trace, or compares several; it needs no network."""
    from llm_strategy.cli.trace_files import read_traces, write_whole
    from llm_strategy.tracing.exporters.html.page import html_page

    found = read_traces(traces, directory)
    path = output or Path(f"{found[0].path.stem}.html" if len(found) == 1 and found[0].path else "traces.html")
    write_whole(path, html_page(found))
    _tell(path)
    if opened and str(path) != "-":
        typer.launch(path.resolve().as_uri())


@app.command()
def chrome(trace: _Trace = "latest", *, directory: _Dir = None, output: _Output = None) -> None:
    """Write a trace for Perfetto (ui.perfetto.dev), chrome://tracing or speedscope."""
    from llm_strategy.cli.trace_files import read_trace, write_whole
    from llm_strategy.tracing.exporters.chrome import chrome_json

    found = read_trace(trace, directory)
    path = output or Path(f"{found.path.stem if found.path else 'trace'}.chrome.json")
    write_whole(path, chrome_json(found))
    _tell(path)


@app.command()
def export(  # noqa: PLR0913  one option a setting
    traces: _Traces = None,
    *,
    otlp: Annotated[str, typer.Option(metavar="URL", help="Where to, such as http://localhost:6006/v1/traces.")],
    directory: _Dir = None,
    header: Annotated[list[str] | None, typer.Option("--header", "-H", metavar="K=V", help="A header: a key.")] = None,
    resource: Annotated[
        list[str] | None, typer.Option(metavar="K=V", help="An attribute of the program: service.name=shop.")
    ] = None,
    openinference: Annotated[bool, typer.Option("--openinference", help="Add the names that Phoenix shows.")] = False,
    gzip: Annotated[bool, typer.Option(help="Compress what is sent.")] = True,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for each request.")] = 30.0,
) -> None:
    """Send traces to a server that takes OpenTelemetry, over OTLP/HTTP with protobuf."""
    from llm_strategy.cli.trace_files import read_traces
    from llm_strategy.tracing.exporters.otlp import OTLPTarget, export_over_otlp

    target = OTLPTarget(
        endpoint=otlp,
        headers=_pairs(header, "--header"),
        resource=_pairs(resource, "--resource"),
        timeout=timeout,
        gzip=gzip,
        openinference=openinference,
    )
    found = read_traces(traces, directory)
    sent = export_over_otlp(found, target)
    typer.echo(f"Sent {sent:,} spans of {len(found):,} {'trace' if len(found) == 1 else 'traces'}.")


@app.command()
def diff(before: _Trace, after: _Trace, *, directory: _Dir = None) -> None:
    """Show two traces side by side: figures, scores, functions, and the hyperparameters that differ."""
    from llm_strategy.cli.trace_files import read_trace
    from llm_strategy.tracing.difference import difference

    typer.echo(str(difference(read_trace(before, directory), read_trace(after, directory))))


@app.command()
def wandb(  # noqa: PLR0913  one option a setting
    traces: _Traces = None,
    *,
    directory: _Dir = None,
    project: Annotated[str | None, typer.Option(help="Project of the runs.")] = None,
    entity: Annotated[str | None, typer.Option(help="Whose project it is.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the runs; default: those of the traces.")] = None,
    mode: Annotated[_Mode | None, typer.Option(help="Default: WANDB_MODE, else online.")] = None,
    run_dir: Annotated[Path | None, typer.Option("--run-dir", help="Where wandb keeps its files.")] = None,
    together: Annotated[bool, typer.Option("--together", help="Put all traces into one run.")] = False,
) -> None:
    """Send traces to Weights & Biases, each as a run."""
    from llm_strategy.cli.trace_files import read_traces
    from llm_strategy.cli.trace_wandb import send_to_wandb

    given = {"project": project, "entity": entity, "name": name, "mode": mode and mode.value, "dir": run_dir}
    settings = {key: str(value) for key, value in given.items() if value is not None}
    send_to_wandb(read_traces(traces, directory), settings, together=together)


def _pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts or ()]
    if any(not (name.strip() and sign) for name, sign, _ in pairs):
        raise ConfigurationError(f"{option} wants NAME=VALUE, and one of them has no name or no '='.")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _tell(path: Path) -> None:
    if str(path) != "-":
        typer.echo(f"Wrote {printable(str(path))}", err=True)
