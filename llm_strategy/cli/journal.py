"""`llm-strategy journal`: what the journal of a durable run holds, also while the run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from llm_strategy.cli.trace_files import console_for_output
from llm_strategy.tracing.exporters.figures import cost_text, count_text, seconds_text, tokens_text

if TYPE_CHECKING:
    from llm_strategy.flow.journal.contents import JournalContents, JournalStep

__all__ = ["app"]

app = typer.Typer(help="Journals of durable runs: show, totals.", no_args_is_help=True)

_File = Annotated[Path, typer.Argument(help="The journal, as `durable` was given it.")]
_COLOURS = {"answered": "green", "closed early": "cyan", "failed": "red", "under way": "yellow"}


@app.command()
def show(
    file: _File,
    *,
    waiting: Annotated[bool, typer.Option("--waiting", "-w", help="Only what was never answered.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many requests, the last ones.")] = 50,
) -> None:
    """Show the requests of a journal, and what became of them."""
    from llm_strategy.flow.journal.contents import journal_contents

    found = journal_contents(file)
    steps = [step for step in found.steps if not waiting or step.state in {"under way", "failed"}]
    console = console_for_output()
    if steps:
        console.print(_table(steps[-limit:]))
    if len(steps) > limit:
        console.print(f"... and {len(steps) - limit:,} before them; see --limit", style="dim")
    console.print(_summary(found))


@app.command()
def totals(file: _File) -> None:
    """Show what all requests of a journal have cost."""
    from llm_strategy.flow.journal.contents import journal_contents

    console_for_output().print(_summary(journal_contents(file)))


def _table(steps: list[JournalStep]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("step", "request", "state", "began", "took", "tokens"):
        table.add_column(name, justify="right" if name in {"took", "tokens"} else "left", no_wrap=name != "request")
    for step in steps:
        tokens = "" if step.state in {"failed", "under way"} else "?" if step.tokens is None else f"{step.tokens:,}"
        table.add_row(
            f"{step.flow}: {step.step}",
            Text(step.about),
            Text(step.state, _COLOURS[step.state]),
            f"{step.began.astimezone():%Y-%m-%d %H:%M:%S}",
            "" if step.seconds is None else seconds_text(step.seconds),
            tokens,
        )
    return table


def _summary(found: JournalContents) -> Text:
    sums = found.totals
    waiting = sum(step.state == "under way" for step in found.steps)
    parts = [
        count_text(found.runs, "run"),
        count_text(sums.calls, "reply", "replies"),
        *([f"{waiting:,} under way"] if waiting else []),
        f"{tokens_text(sums.input_tokens, sums.unmeasured)} tokens in",
        f"{tokens_text(sums.output_tokens, sums.unmeasured)} tokens out",
        cost_text(sums.known_cost, sums.unpriced),
    ]
    return Text(" · ".join(parts))
