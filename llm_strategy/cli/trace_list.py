"""`llm-strategy trace list`: the traces of a directory, or the calls in them, as a table."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from llm_strategy.cli.trace_files import console_for_output, has_traces, nothing_there
from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.exporters.figures import cost_text, count_text, seconds_text
from llm_strategy.tracing.exporters.plain_data import plain_data
from llm_strategy.tracing.index import TraceIndex
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llm_strategy.tracing.index import CallSummary, TraceSummary
    from llm_strategy.tracing.query import TraceQuery

__all__ = ["list_calls", "list_traces", "moment"]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_STATES = {"running": "yellow", "stopped": "red", "finished": ""}


def list_traces(directory: Path, query: TraceQuery, *, limit: int, as_json: bool) -> None:
    """Print the traces that fit. Raises TraceFileError where there is none at all, ConfigurationError."""
    _check(directory)
    with TraceIndex(directory) as index:
        index.refresh()
        found = index.find(query)
    if as_json:
        _print_json(found[:limit])
        return
    acted = any(one.actions for one in found[:limit])
    titles = ("name", "id", "began", "time>", "calls>", "actions>", "tokens>", "cost>", "errors>", "state")
    table = _table(*(title for title in titles if acted or title != "actions>"))
    for one in found[:limit]:
        table.add_row(*map(_cell, _trace_row(one, acted=acted)))
    _print(table, len(found), limit, "trace")


def list_calls(directory: Path, query: TraceQuery, *, limit: int, as_json: bool) -> None:
    """Print the calls that fit. Raises TraceFileError where there is no trace at all, ConfigurationError."""
    _check(directory)
    with TraceIndex(directory) as index:
        index.refresh()
        found = index.find(query, of="call")
    if as_json:
        _print_json(found[:limit])
        return
    table = _table("function", "trace", "began", "time>", "tokens>", "cost>", "retries>", "error")
    for one in found[:limit]:
        table.add_row(*map(_cell, _call_row(one)))
    _print(table, len(found), limit, "call")


def moment(text: str | None, option: str) -> datetime | None:
    """Return a time that a user typed: a date, a date with a time, or how long ago, such as `2h` or `7d`.

    Raises:
        ConfigurationError: it is none of these.
    """
    if text is None:
        return None
    ago = re.fullmatch(r"(\d{1,6})([smhdw])", text.strip(), re.ASCII)
    try:
        if ago:
            return datetime.now().astimezone() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(
            f"{option} {text!r} is no time. Write '2026-11-21', '2026-11-21T14:30', or how long ago: '30m', '2h', '7d'."
        ) from error


def _check(directory: Path) -> None:
    if not has_traces(directory):
        raise nothing_there(directory)


def _trace_row(one: TraceSummary, *, acted: bool) -> tuple[str | Text, ...]:
    return (
        one.name,
        one.id[:12],
        f"{one.started.astimezone():%Y-%m-%d %H:%M}",
        seconds_text(one.seconds),
        f"{one.calls:,}",
        *((f"{one.actions:,}",) if acted else ()),
        _tokens(one),
        cost_text(one.cost or 0, unpriced=one.cost is None),
        Text(f"{one.errors:,}", "red" if one.errors else ""),
        Text(one.state, _STATES[one.state]),
    )


def _call_row(one: CallSummary) -> tuple[str | Text, ...]:
    return (
        one.name,
        one.path.stem,
        f"{one.started.astimezone():%Y-%m-%d %H:%M:%S}",
        seconds_text(one.seconds),
        _tokens(one),
        cost_text(one.cost or 0, unpriced=one.cost is None),
        f"{one.retries:,}",
        Text(printable_line(one.error), "red"),
    )


def _tokens(one: TraceSummary | CallSummary) -> str:
    return "?" if one.tokens is None else f"{one.tokens:,}"


def _cell(value: str | Text) -> Text:
    return value if isinstance(value, Text) else Text(printable_line(value))


def _table(*titles: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for title in titles:
        table.add_column(title.rstrip(">"), justify="right" if title.endswith(">") else "left", overflow="fold")
    return table


def _print(table: Table, found: int, limit: int, what: str) -> None:
    if not found:
        Console(stderr=True).print(f"No {what} fits.", highlight=False)
        return
    console = console_for_output()
    with console.capture() as shown:
        console.print(table)
    typer.echo("\n".join(line.rstrip() for line in shown.get().splitlines()))
    if found > limit:
        told = f"{count_text(found - limit, f'older {what}')} not shown; --limit {found} shows all."
        Console(stderr=True).print(told, highlight=False)


def _print_json(found: Sequence[Any]) -> None:
    rows = [{name: _plain(value) for name, value in asdict(one).items()} for one in found]
    typer.echo(json.dumps(rows, indent=2))


def _plain(value: Any) -> Any:
    return plain_data(value.isoformat() if isinstance(value, datetime) else value)
