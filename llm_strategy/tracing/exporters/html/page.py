"""The page of traces: what it is made of, and what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.tracing.exporters.html.payload import payload_of
from llm_strategy.tracing.exporters.html.self_contained import Asset, self_contained
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["html_page", "write_html"]

_SCRIPTS = (
    "dom",
    "format",
    "model",
    "tip",
    "header",
    "flame",
    "filter",
    "tree",
    "messages",
    "details",
    "difference",
    "chats",
    "merged",
    "scales",
    "runs",
    "files",
    "parameters",
    "start",
)
"""Parts of the script, in the order in which they stand in it."""


def html_page(traces: Sequence[RecordedTrace]) -> str:
    """Return a page that shows traces; several of them can be compared in it.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> page = html_page([sample_trace(1, text="</script>")])
    >>> page.count("</script>")  # that of the data, that of the script
    2
    """
    return self_contained(
        Asset("page.html.j2"),
        [Asset("page.css")],
        [Asset(f"{name}.js") for name in _SCRIPTS],
        payload_of(traces),
        title=_title(traces),
        traces=[(printable_line(trace.name), trace.totals) for trace in traces],
    )


def write_html(traces: Sequence[RecordedTrace], path: Path) -> None:
    """Write a page that shows traces. Raises OSError where that is not possible."""
    path.write_text(html_page(traces), "utf-8", newline="\n")


def _title(traces: Sequence[RecordedTrace]) -> str:
    if not traces:
        return "No traces"
    return printable_line(traces[0].name) if len(traces) == 1 else f"{len(traces)} traces"
