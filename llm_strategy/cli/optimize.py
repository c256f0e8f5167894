"""`llm-strategy optimize`: search for better hyperparameters, look at them, put them into place. Parsing only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(
    help="Search for better hyperparameters: run, resume, report, apply. A YAML or TOML file says of what.",
    no_args_is_help=True,
)

_Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The YAML or TOML file that describes the search.")]
_Found = Annotated[
    Path, typer.Argument(metavar="CONFIG", help="The same file; or a report.json, or the file of a search (.sqlite).")
]
_Workers = Annotated[int | None, typer.Option(min=1, help="Rollouts at once; default: what the file says.")]
_Model = Annotated[str | None, typer.Option("--model", "-m", help="Who proposes and reflects.")]
_TaskModel = Annotated[str | None, typer.Option("--task-model", help="Who answers the task.")]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show nothing of it but how it ended.")]
_Wandb = Annotated[str | None, typer.Option(help="Send the report to this project of Weights & Biases.")]


@app.command()
def run(
    config: _Config,
    *,
    workers: _Workers = None,
    model: _Model = None,
    task_model: _TaskModel = None,
    quiet: _Quiet = False,
    wandb: _Wandb = None,
) -> None:
    """Begin a search, show how it goes, and write report.json and report.html."""
    from llm_strategy.cli.optimize_run import Wanted, carry_out

    raise typer.Exit(carry_out(config, Wanted(workers, model, task_model, quiet=quiet, wandb=wandb), resume=False))


@app.command()
def resume(
    config: _Config,
    *,
    workers: _Workers = None,
    model: _Model = None,
    task_model: _TaskModel = None,
    quiet: _Quiet = False,
    wandb: _Wandb = None,
) -> None:
    """Go on with a search that was broken off: no rollout that had ended is carried out again."""
    from llm_strategy.cli.optimize_run import Wanted, carry_out

    raise typer.Exit(carry_out(config, Wanted(workers, model, task_model, quiet=quiet, wandb=wandb), resume=True))


@app.command()
def report(
    found: _Found,
    *,
    html: Annotated[
        Path | None, typer.Option(help="Write the page of it, which needs no network; '-' prints it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON, for other programs.")] = False,
    opened: Annotated[bool, typer.Option("--open", help="Open its page in the browser.")] = False,
    rows: Annotated[int, typer.Option(min=1, help="How many candidates are shown.")] = 20,
) -> None:
    """Show what was found, also of a search that is not over."""
    from llm_strategy.cli.optimize_report import show_report

    show_report(found, html=html, as_json=as_json, opened=opened, rows=rows)


@app.command()
def apply(
    found: _Found,
    *,
    to: Annotated[Path | None, typer.Option(help="The file; default: NAME.best.json beside the report.")] = None,
    code: Annotated[
        bool, typer.Option("--code", help="Print the line of code that loads it, and write nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a file is replaced.")] = False,
) -> None:
    """Write the best hyperparameters as JSON, after showing all of them. A file that is replaced is kept."""
    from llm_strategy.cli.optimize_apply import apply_best

    apply_best(found, to, code=code, yes=yes)
