"""`llm-strategy program`: the program of a run, shown, edited, compared and planned anew. Parsing only."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from llm_strategy.errors import InputError

__all__ = ["app"]

app = typer.Typer(
    help="The program of a run: show, edit, diff, replan, retry. It may be edited while the run goes on.",
    no_args_is_help=True,
)

_Workspace = Annotated[Path, typer.Argument(help="The folder of the run.")]
_Model = Annotated[str | None, typer.Option("--model", "-m", help="Who plans; default: as for generate.")]
_Config = Annotated[Path | None, typer.Option(help="A config file; see init-config.")]


@app.command()
def show(
    workspace: _Workspace,
    *,
    version: Annotated[int | None, typer.Option(min=1, help="An earlier version; `diff --list` tells them.")] = None,
    yaml: Annotated[bool, typer.Option("--yaml", help="Print its text.")] = False,
) -> None:
    """Show the steps, what became of them, how often they were tried, and the requirements that they serve."""
    from llm_strategy.cli import planner_program

    if yaml or version is not None:
        planner_program.print_text(workspace, version)
    else:
        planner_program.show_program(workspace)


@app.command()
def edit(
    workspace: _Workspace,
    *,
    file: Annotated[Path | None, typer.Option(help="Put this file into place, without an editor.")] = None,
) -> None:
    """Edit a copy of the program in VISUAL or EDITOR; it is put into place when it is saved, if it is a program."""
    from llm_strategy.cli.planner_edit import edit_program, put_program

    if file is not None:
        put_program(workspace, file)
        changed = True
    else:
        changed = edit_program(workspace)
    typer.echo("The program is in place: a run takes it up with its next step." if changed else "Nothing was changed.")


@app.command()
def diff(
    workspace: _Workspace,
    old: Annotated[int | None, typer.Argument(min=1, help="A version; default: the last but one.")] = None,
    new: Annotated[int | None, typer.Argument(min=1, help="A version; default: the last one.")] = None,
    *,
    listed: Annotated[bool, typer.Option("--list", "-l", help="List the versions, with why and when.")] = False,
) -> None:
    """Show what two versions of the program differ in."""
    from llm_strategy.cli import planner_program

    if listed:
        planner_program.list_versions(workspace)
    else:
        planner_program.show_difference(workspace, old, new)


@app.command()
def replan(
    workspace: _Workspace,
    *,
    because: Annotated[str, typer.Option(help="What went wrong, or what is to change.")],
    model: _Model = None,
    config: _Config = None,
) -> None:
    """Ask the architect to plan what is still to be done anew; steps that were begun stay."""
    from llm_strategy.cli.planner_program import replan_program

    replan_program(workspace, because, model, config)


@app.command()
def retry(
    workspace: _Workspace,
    steps: Annotated[list[str] | None, typer.Argument(metavar="STEP...", help="Paths, as `show` tells them.")] = None,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="All that failed.")] = False,
) -> None:
    """Open steps again that are over, so that they are done once more when the run is resumed."""
    from llm_strategy.planner.retrying import reopen_steps

    if not steps and not failed:
        raise InputError("No step is named. Give their paths, as `program show` tells them, or --failed.")
    opened = reopen_steps(workspace, steps or (), failed=failed)
    again = f"llm-strategy generate --resume --workspace {shlex.quote(str(workspace))}"
    typer.echo(f"Open again: {', '.join(opened)}. Go on with: {again}")
