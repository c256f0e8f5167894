"""A report as one HTML page: no server, no request, readable by keyboard and without colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.optimize.report.payload import payload_of
from llm_strategy.optimize.report.words import stat_rows
from llm_strategy.tracing.exporters.html.self_contained import Asset, self_contained
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from pathlib import Path

    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = ["report_page", "write_page"]

_ROOM = "llm_strategy.optimize.report"
_SHARED = ("dom", "format", "tip", "header", "messages", "difference", "scales")
_OWN = (
    "model",
    "lineage",
    "changes",
    "spending",
    "coordinates",
    "cases",
    "tables",
    "calibration",
    "start",
)
_STYLES = (Asset("page.css"), Asset("optimization.css", _ROOM))
_SCRIPTS = (
    *(Asset(f"{name}.js") for name in _SHARED),
    Asset(f"{_OWN[0]}.js", _ROOM),
    Asset("runs.js"),
    *(Asset(f"{name}.js", _ROOM) for name in _OWN[1:]),
)
"""Parts of the script, in the order in which they stand in it."""


def report_page(report: OptimizationReport) -> str:
    """Return a page that shows a report.

    >>> from llm_strategy.testing.sample_optimizations import sample_report
    >>> page = report_page(sample_report(text="</script>"))
    >>> page.count("</script>")  # that of the data, that of the script
    2
    """
    return self_contained(
        Asset("optimization.html.j2", _ROOM),
        _STYLES,
        _SCRIPTS,
        payload_of(report),
        title=printable_line(report.task, 80) or "An optimization",
        verdict=printable_line(report.verdict, 400),
        rows=[[printable_line(text) for text in row[:3]] for row in stat_rows(report)],
    )


def write_page(report: OptimizationReport, path: Path) -> None:
    """Write a page that shows a report. Raises OSError where that is not possible."""
    path.write_text(report_page(report), "utf-8", newline="\n")
