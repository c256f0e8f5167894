"""`llm-strategy optimize apply`: the best hyperparameters, put into a file."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from llm_strategy.cli.optimize_report import find_report, where_report_is
from llm_strategy.cli.trace_files import console_for_output, write_whole
from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.report.written import written_lines
from llm_strategy.tracing.printable import printable, printable_line

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = ["apply_best"]


def apply_best(found: Path, to: Path | None, *, code: bool, yes: bool) -> None:
    """Show all that will be written, and what of it is changed, and write it.

    Args:
        found: a configuration, a report, or the file of a search.
        to: the file; None for one beside the report.
        code: print the line of code that loads it, and write nothing.
        yes: replace a file without asking. What it held is kept beside it all the same.

    Raises:
        ConfigurationError: there is no report; a file is there, and nobody says that it may be replaced.
        StoredDataError: the report is damaged.
    """
    report = find_report(found)
    place = to or _beside(where_report_is(found)[0])
    console = console_for_output()
    _show(console, report)
    if code:
        console.print(Text(_code(place)), soft_wrap=True)
        return
    text = f"{json.dumps(json.loads(report.best), ensure_ascii=False, indent=2)}\n"
    kept = _make_room(place, text, yes=yes)
    if kept is not None:
        typer.echo(f"What was there is kept in {printable(str(kept))}", err=True)
    write_whole(place, text)
    if str(place) != "-":
        typer.echo(f"Wrote {printable(str(place))}. Load it with: {printable(_code(place))}", err=True)


def _beside(path: Path) -> Path:
    stem = path.name.removesuffix(".json").removesuffix(".report")
    return path.with_name(f"{stem}.best.json")


def _code(place: Path) -> str:
    return f"Hyperparameters.model_validate_json(Path({str(place)!r}).read_text('utf-8'))"


def _show(console: Console, report: OptimizationReport) -> None:
    console.print(Text(report.verdict, "green" if not report.is_seed else "yellow"), soft_wrap=True)
    if report.gain is not None:
        console.print(Text(f"gain: {report.gain}"), soft_wrap=True)
    for caution in report.cautions:
        console.print(Text(caution, "yellow"), soft_wrap=True)
    values = [*written_lines(report)]
    if all(kind == " " for _, lines in values for kind, _ in lines):
        console.print("Nothing changes: these are the hyperparameters that it began with.")
    for path, lines in values:
        console.print(Text(printable_line(path, len(path)), "bold"), soft_wrap=True)
        for kind, line in lines:
            style = {"-": "red", "+": "green"}.get(kind, "dim")
            console.print(Text(f"  {kind} {printable(line)}", style), soft_wrap=True)


def _make_room(place: Path, text: str, *, yes: bool) -> Path | None:
    """Keep what a file holds under another name, where that is allowed; None where there is nothing to keep."""
    if str(place) == "-" or not place.exists():
        return None
    try:
        old = place.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{str(place)!r} cannot be replaced: {error.strerror}. Name another --to.") from error
    if old == text.encode():
        return None
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigurationError(f"{str(place)!r} is there already. --yes replaces it, and keeps what it holds.")
        typer.confirm(f"Replace {printable(str(place))}? What it holds is kept beside it.", abort=True, err=True)
    number = 1
    while (kept := place.with_name(f"{place.name}.bak{'' if number == 1 else f'.{number}'}")).exists():
        number += 1
    try:
        with kept.open("xb") as stream:
            stream.write(old)
    except OSError as error:
        raise ConfigurationError(f"{str(kept)!r} cannot be written: {error.strerror}. Name another --to.") from error
    return kept
