"""A report in the terminal: what it says in a few lines, and the candidates as a table.

Whatever a model wrote is shown as text on one line, without signs that steer a terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from rich.table import Table
from rich.text import Text

from llm_strategy.optimize.report.lines import report_lines
from llm_strategy.optimize.report.words import budget_rows, fate_of
from llm_strategy.tracing.exporters.figures import count_text
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from llm_strategy.optimize.report.parts import MemberRecord
    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = ["print_report"]

_STYLES = {"seed": "bold", "pool": "green", "rejected": "yellow", "invalid": "red"}
_COLUMNS: Final[dict[str, Literal["left", "right"]]] = {
    "#": "right",
    "from": "left",
    "by": "left",
    "fate": "left",
    "score": "right",
    "cases": "right",
    "rollouts": "right",
}
_LESS = frozenset({"cases", "rollouts"})
_WIDE = 80
"""Below so many letters a line, the columns that say less are left out."""
_LONGEST = 300
_MOST_ROWS = 20
_MOST_MISSING = 10


def print_report(console: Console, report: OptimizationReport, *, rows: int = _MOST_ROWS) -> None:
    """Print a report.

    Args:
        console: where.
        report: what.
        rows: how many candidates are shown: the seed, the one that is returned, and the best of the others.
    """
    for number, line in enumerate(report_lines(report)):
        style = "bold" if number == 0 else "yellow" if line in report.cautions else ""
        console.print(Text(line, style), soft_wrap=True)
    console.print()
    if report.members:
        console.print(_candidates(report, _chosen(report, rows), console.width))
    left = len(report.members) - rows
    if left > 0:
        console.print(Text(f"... {count_text(left, 'more candidate')}", "dim"))
    _print_spent(console, report)
    if report.missing:
        console.print()
        console.print(_missing(report))


def _chosen(report: OptimizationReport, rows: int) -> list[MemberRecord]:
    first = {0: 0, report.best_number: 1, report.winner_number: 2}
    ranked = sorted(
        report.members,
        key=lambda one: (first.get(one.number, 9), not one.is_kept, -(one.mean or 0.0), one.number),
    )
    return sorted(ranked[:rows], key=lambda one: one.number)


def _candidates(report: OptimizationReport, members: Sequence[MemberRecord], width: int) -> Table:
    names = [name for name in _COLUMNS if width >= _WIDE or name not in _LESS]
    rows = [{name: text for name, text in _row(report, one).items() if name in names} for one in members]
    table = Table(box=None, header_style="dim", pad_edge=False)
    room = width
    for name in names:
        longest = max(len(name), *(len(row[name]) for row in rows))
        room -= longest + 2
        table.add_column(name, justify=_COLUMNS[name], no_wrap=True, min_width=longest)
    table.add_column("what was expected", no_wrap=True)
    for one, row in zip(members, rows, strict=True):
        table.add_row(*row.values(), Text(printable_line(one.hypothesis, max(8, min(_LONGEST, room)))))
    return table


def _row(report: OptimizationReport, one: MemberRecord) -> dict[str, Text]:
    fate = fate_of(one)
    mark = "*" if one.number == report.best_number else ""
    word = "front" if fate == "pool" and one.number in report.front else fate
    return {
        "#": Text(f"{mark}{one.number}"),
        "from": Text(" ".join(map(str, one.parents))),
        "by": Text(printable_line(one.proposer, 16)),
        "fate": Text(word, _STYLES.get(fate, "dim")),
        "score": Text("" if one.mean is None else f"{one.mean:.3f}"),
        "cases": Text(str(len(one.scores) or "")),
        "rollouts": Text(str(one.rollouts or "")),
    }


def _print_spent(console: Console, report: OptimizationReport) -> None:
    limited = [f"{name}: {words}" for name, _, _, limit, words in budget_rows(report) if limit is not None]
    if limited:
        console.print()
        console.print(Text(f"spent: {'; '.join(limited)}"), soft_wrap=True)


def _missing(report: OptimizationReport) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("missing hyperparameter", overflow="fold")
    table.add_column("asked for", justify="right")
    table.add_column("weight", justify="right")
    for one in report.missing[:_MOST_MISSING]:
        table.add_row(Text(printable_line(one.name, 200)), f"{one.count:,}", f"{one.weight:.2f}")
    return table
