"""The figures of a run as one HTML page: no server, no request, readable by keyboard and without colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.planner.figures.payload import payload_of
from llm_strategy.planner.figures.summary import RunSummary
from llm_strategy.tracing.exporters.html.self_contained import Asset, self_contained
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from pathlib import Path

    from llm_strategy.planner.figures.data import Figures

__all__ = ["figures_page", "write_page"]

_ROOM = "llm_strategy.planner.figures"
_STYLES = (Asset("page.css"), Asset("figures.css", _ROOM))
_SCRIPTS = (
    *(Asset(f"{name}.js") for name in ("dom", "format", "tip", "header", "messages", "files")),
    *(Asset(f"{name}.js", _ROOM) for name in ("model", "chart", "panels", "heat", "tables", "start")),
)
"""Parts of the script, in the order in which they stand in it."""


def figures_page(figures: Figures, summary: RunSummary | None = None) -> str:
    """Return a page that shows the figures of a run.

    Args:
        figures: what `figures_of` found in the traces of the run.
        summary: what else is known of the run; without it the page says what the traces know.

    >>> from llm_strategy.planner.figures.data import figures_of
    >>> from llm_strategy.testing.sample_planner_traces import sample_planner_trace
    >>> page = figures_page(figures_of(sample_planner_trace(2, text="</script>").spans))
    >>> page.count("</script>")  # that of the data, that of the script
    2
    """
    told = summary or RunSummary(task=figures.name)
    return self_contained(
        Asset("figures.html.j2", _ROOM),
        _STYLES,
        _SCRIPTS,
        payload_of(figures, told),
        title=printable_line(told.task, 80) or "A run",
        outcome=printable_line(f"{told.outcome}. {told.reason}" if told.outcome else told.reason),
        rows=[[printable_line(text) for text in (row.name, row.value, row.note)] for row in told.rows],
    )


def write_page(figures: Figures, path: Path, summary: RunSummary | None = None) -> None:
    """Write a page that shows the figures of a run. Raises OSError where that is not possible."""
    path.write_text(figures_page(figures, summary), "utf-8", newline="\n")
