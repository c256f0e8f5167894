"""`llm-strategy optimize report`: what a search has found."""

from __future__ import annotations

import webbrowser
from typing import TYPE_CHECKING

import typer

from llm_strategy.cli.trace_files import console_for_output, write_whole
from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.config import read_config
from llm_strategy.optimize.report.report import OptimizationReport
from llm_strategy.tracing.printable import printable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["find_report", "show_report", "where_report_is"]

_STORES = frozenset({".sqlite", ".sqlite3", ".db"})
_CONFIGS = frozenset({".yaml", ".yml", ".toml"})


def where_report_is(found: Path) -> tuple[Path, Path | None]:
    """Return where a report is, or will be, and the store of its search, where that is known.

    Args:
        found: a configuration, a report, or the file of a search.

    Raises:
        ConfigurationError: it is none of these.
    """
    if found.suffix in _STORES:
        return found.with_suffix(".report.json"), found
    if found.suffix == ".json":
        return found, None
    if found.suffix not in _CONFIGS:
        raise ConfigurationError(
            f"{str(found)!r} is no configuration (.yaml, .toml), no report (.json) and no .sqlite."
        )
    config = read_config(found)
    return config.places()


def find_report(found: Path) -> OptimizationReport:
    """Return a report: as it was written at the end, else as far as the search has come.

    Raises:
        ConfigurationError: nothing was found yet.
        StoredDataError: the report, or the file of the search, is damaged.
    """
    path, store = where_report_is(found)
    if found.suffix not in _STORES and (path.is_file() or store is None):
        return OptimizationReport.load(path)
    if store is not None and store.is_file():
        report = OptimizationReport.from_store(store)
        return report.model_copy(update={"task": read_config(found).name}) if found.suffix in _CONFIGS else report
    if found.suffix in _STORES:
        raise ConfigurationError(
            f"There is no file of a search at {str(found)!r}. Name it, or the configuration of the search."
        )
    raise ConfigurationError(
        f"There is no report yet: neither {str(path)!r} nor {str(store)!r} is there. Begin the search with: "
        f"llm-strategy optimize run {found}"
    )


def show_report(found: Path, *, html: Path | None, as_json: bool, opened: bool, rows: int) -> None:
    """Print a report, write its page, open it. Raises what `find_report` raises."""
    report = find_report(found)
    if html is not None or opened:
        from llm_strategy.optimize.report.page import report_page

        place = html if html is not None else where_report_is(found)[0].with_suffix(".html")
        write_whole(place, report_page(report))
        if str(place) != "-":
            typer.echo(f"Wrote {printable(str(place))}", err=True)
            if opened:
                webbrowser.open(place.resolve().as_uri())
    if as_json:
        typer.echo(report.model_dump_json(indent=1))
    elif html is None:
        from llm_strategy.optimize.report.terminal import print_report

        print_report(console_for_output(), report, rows=rows)
