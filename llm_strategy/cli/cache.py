"""`llm-strategy cache`: what a cache holds and has saved, and clearing it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from llm_strategy.cli.trace_files import console_for_output
from llm_strategy.cli.trace_list import moment
from llm_strategy.flow.cache.location import CACHE_VARIABLE, cache_path
from llm_strategy.tracing.exporters.figures import cost_text, count_text, tokens_text
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from llm_strategy.flow.cache.contents import CacheShare, CacheStats

__all__ = ["app"]

app = typer.Typer(help="The cache of replies: stats, clear.", no_args_is_help=True)

_File = Annotated[
    Path | None,
    typer.Option("--file", "-f", help=f"The cache. Default: {CACHE_VARIABLE}, else the one in the user's folder."),
]
_SHOWN = 20


@app.command()
def stats(file: _File = None) -> None:
    """Show what is kept, how often it was used again, and what that saved."""
    from llm_strategy.flow.cache.contents import cache_stats

    path = cache_path(file)
    found = cache_stats(path)
    if found is None:
        typer.echo(_nothing(path))
        return
    console = console_for_output()
    console.print(_summary(found))
    for title, shares in (("model", found.models), ("function", found.functions)):
        if shares:
            console.print()
            console.print(_table(title, shares))


@app.command()
def clear(
    file: _File = None,
    *,
    older_than: Annotated[
        str | None, typer.Option("--older-than", help="Only what is older: '30m', '2h', '7d', or a date.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", "-m", help="Only replies of this model.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Forget replies: all, those older than a time, or those of one model."""
    from llm_strategy.flow.cache.contents import clear_cache

    path = cache_path(file)
    before = moment(older_than, "--older-than")
    if not path.is_file():
        typer.echo(_nothing(path))
        return
    which = _which(older_than, model)
    if not yes:
        typer.confirm(f"Forget {which} in {printable_line(str(path))}?", abort=True)
    gone = clear_cache(path, before=None if before is None else before.timestamp(), model=model)
    typer.echo(f"Forgot {count_text(gone or 0, 'reply', 'replies')} in {printable_line(str(path))}.")


def _which(older_than: str | None, model: str | None) -> str:
    asked = [f"of {printable_line(model)!r}"] if model else []
    asked += [f"from before {printable_line(older_than)!r}"] if older_than else []
    return " ".join(["all replies", *asked])


def _nothing(path: Path) -> str:
    return (
        f"There is no cache at {printable_line(str(path))}. `with caching():` in code, or {CACHE_VARIABLE}=FILE around "
        "a program, makes one."
    )


def _summary(found: CacheStats) -> Table:
    whole = found.whole
    table = Table(box=None, show_header=False, pad_edge=False)
    rows = (
        ("file", printable_line(str(found.path))),
        ("replies", f"{whole.entries:,}"),
        ("size", _size(whole.bytes)),
        ("used again", count_text(whole.hits, "time")),
        ("tokens saved", tokens_text(whole.tokens, whole.unmeasured)),
        ("cost saved", cost_text(whole.cost, unpriced=whole.unpriced)),
        ("oldest", _when(whole.oldest)),
        ("newest", _when(whole.newest)),
    )
    for name, value in rows:
        table.add_row(Text(name, "dim"), Text(value))
    return table


def _table(title: str, shares: tuple[CacheShare, ...]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column(title, overflow="fold")
    for name in ("replies", "size", "used again", "tokens saved", "cost saved"):
        table.add_column(name, justify="right")
    for one in shares[:_SHOWN]:
        cells = (f"{one.entries:,}", _size(one.bytes), f"{one.hits:,}", tokens_text(one.tokens, one.unmeasured))
        cost = cost_text(one.cost, unpriced=one.unpriced)
        table.add_row(*(Text(cell) for cell in (printable_line(one.name) or "(not told)", *cells, cost)))
    if len(shares) > _SHOWN:
        table.add_row(Text(f"and {len(shares) - _SHOWN} more", "dim"))
    return table


def _size(number: int) -> str:
    return f"{number / 2**20:,.1f} MiB" if number >= 2**20 else f"{number / 2**10:,.1f} KiB"


def _when(seconds: object) -> str:
    try:
        return f"{datetime.fromtimestamp(float(seconds), tz=UTC).astimezone():%Y-%m-%d %H:%M:%S}"  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return "-"
