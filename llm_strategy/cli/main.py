"""The `llm-strategy` command: parsing of its arguments, nothing else."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from llm_strategy import __version__
from llm_strategy.cli import cache, journal, models, optimize, program, sandbox, trace
from llm_strategy.cli.calls import call_target, show_prompt
from llm_strategy.cli.generate import generate, init_config
from llm_strategy.cli.prompts import printable
from llm_strategy.cli.report import report
from llm_strategy.errors import LLMStrategyError

__all__ = ["app", "main"]

app = typer.Typer(
    name="llm-strategy",
    help="A Python signature is the specification; how it is answered is a strategy.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(models.app, name="models", help="The embedded models: list, pull, path, serve.")
app.add_typer(cache.app, name="cache", help="The cache of replies: stats, clear.")
app.add_typer(journal.app, name="journal", help="Journals of durable runs: show, totals.")
app.add_typer(sandbox.app, name="sandbox", help="Sandboxes for code of a model: check, run.")
app.add_typer(program.app, name="program", help="The program of a run of generate: show, edit, diff, replan, retry.")
app.add_typer(optimize.app, name="optimize", help="Better hyperparameters: run, resume, report, apply.")
app.add_typer(trace.app, name="trace", help="Traces: list, show, html, chrome, export, diff, wandb.")

app.command()(generate)
app.command()(init_config)
app.command()(report)

Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="Who answers: 'local', 'local:/path.gguf', 'openai:NAME', 'replay:tape.jsonl'. "
        "Default: the function's own, else LLM_STRATEGY_MODEL, else 'local'.",
    ),
]
Target = Annotated[str, typer.Argument(help="MODULE:FUNCTION, such as examples.first_function:describe")]
Arguments = Annotated[str, typer.Option("--json", "-j", help="The arguments, as one JSON object.")]
Shown = Annotated[bool, typer.Option("--show-prompts", help="Print every conversation that is sent.")]


@app.callback(invoke_without_command=True)
def options(*, version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    """Options of the command as a whole."""
    if version:
        typer.echo(f"llm-strategy {__version__}")
        raise typer.Exit


@app.command()
def demo(model: Model = None, *, show_prompts: Shown = False) -> None:
    """Show a class whose methods a model implements, on a database of customers."""
    from llm_strategy.cli.demo import run_demo

    run_demo(model or "local", show_prompts=show_prompts)


@app.command()
def run(target: Target, json: Arguments = "{}", model: Model = None, *, show_prompts: Shown = False) -> None:
    """Call an LLM function and print its value as JSON (streamed items one a line)."""
    call_target(target, json, model, show_prompts=show_prompts)


@app.command()
def prompt(target: Target, json: Arguments = "{}") -> None:
    """Print the messages that a call would send, without a model."""
    show_prompt(target, json)


def main() -> None:
    """Run the command; errors of the library end it with one message and the exit code 1."""
    try:
        app()
    except LLMStrategyError as error:
        console = Console(stderr=True)
        console.print("[bold red]error:[/]", end=" ")
        console.print(printable(str(error)), markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
