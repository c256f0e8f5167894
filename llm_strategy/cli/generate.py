"""`llm-strategy generate` and `init-config`: parsing only."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["generate", "init_config"]


class _Confirm(StrEnum):
    none = "none"
    program = "program"
    steps = "steps"
    edits = "edits"


_Task = Annotated[str, typer.Argument(help="What is to be built, in a sentence or more.", show_default=False)]
_Domain = Annotated[str, typer.Option(help="codebase, book or custom. Default: codebase.", show_default=False)]
_Workspace = Annotated[
    Path | None, typer.Option("--workspace", "-w", help="The folder to work in. Default: a new one in workspace/.")
]
_Steps = Annotated[int | None, typer.Option(min=1, help="Instructions that the plan has at most.")]
_RunTests = Annotated[
    bool | None, typer.Option("--run-tests/--no-run-tests", help="Run the tests after each change, in a sandbox.")
]
_Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="Who answers: 'local', 'openai:NAME', 'replay:tape.jsonl'. Default: LLM_STRATEGY_MODEL, else that of a "
        "config file, else 'local'.",
    ),
]
_Small = Annotated[
    bool | None,
    typer.Option("--small/--no-small", help="Take settings for small models. Default: where nobody names a model."),
]
_Budget = Annotated[
    str | None, typer.Option(help="What may be spent: tokens=..,dollars=..,seconds=..,calls=..,steps=..")
]
_Config = Annotated[Path | None, typer.Option(help="A config file; see init-config.")]
_Program = Annotated[Path | None, typer.Option(help="A program (YAML) to carry out as it is.")]
_Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run in the workspace.")]
_Continue = Annotated[bool, typer.Option("--continue", help="Add the task to what is in the workspace.")]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: assume the defaults, and state them.")]
_Sandbox = Annotated[str | None, typer.Option("--sandbox", "-s", help="Where tests are run; see sandbox check.")]
_Git = Annotated[bool | None, typer.Option("--git/--no-git", help="Commit each step.")]
_Confirmed = Annotated[_Confirm | None, typer.Option(help="Ask before the program, each step, or all edits as well.")]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show only how it ended.")]


def generate(  # noqa: PLR0913  one option a choice
    task: _Task = "",
    *,
    domain: _Domain = "",
    workspace: _Workspace = None,
    steps: _Steps = None,
    run_tests: _RunTests = None,
    model: _Model = None,
    small: _Small = None,
    budget: _Budget = None,
    config: _Config = None,
    program: _Program = None,
    resume: _Resume = False,
    extend: _Continue = False,
    yes: _Yes = False,
    sandbox: _Sandbox = None,
    git: _Git = None,
    confirm: _Confirmed = None,
    quiet: _Quiet = False,
) -> None:
    """Build what a task asks for, step by step: a codebase with its tests, a book, or anything made of texts."""
    given: dict[str, Any] = dict(locals())
    from llm_strategy.cli.planner_order import order_of
    from llm_strategy.cli.planner_run import carry_out

    code = carry_out(order_of(given))
    if code:
        raise typer.Exit(code)


def init_config(
    *,
    path: Annotated[Path | None, typer.Option(help="Where. Default: your own config file.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write it although there is one; the old one is kept beside it.")
    ] = False,
) -> None:
    """Write a config file for `generate`, with every key in comments, and print its path."""
    from llm_strategy.planner.config import config_path, write_config

    where = path or config_path()
    backup = write_config(where, force=force)
    if backup is not None:
        typer.echo(f"The file that was there is kept as {backup}.", err=True)
    typer.echo(str(where))
