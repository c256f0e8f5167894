"""A trace that is under way: a picture that fits a terminal, and lines that a pipe gets one by one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from llm_strategy.tracing.exporters.figures import count_text
from llm_strategy.tracing.exporters.terminal import (
    beside,
    heading,
    span_figures,
    span_label,
    totals_lines,
    trace_lines,
)
from llm_strategy.tracing.exporters.terminal_rows import Row
from llm_strategy.tracing.exporters.terminal_told import told_below
from llm_strategy.tracing.printable import printable_line
from llm_strategy.tracing.sums import Sums
from llm_strategy.tracing.tree import TreeNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from llm_strategy.tracing.exporters.terminal_rows import TreeView
    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["EndedSpans", "live_lines"]

_KIND = 8
_FEWEST = 3


def live_lines(trace: RecordedTrace, view: TreeView, console: Console) -> list[Text]:
    """Return as many lines of a trace as a terminal has: its end, which is where something happens, and the totals."""
    ends = [*totals_lines(trace, running=True)]
    titles, *lines = [*trace_lines(trace, view, console)] or [Text()]
    room = max(console.height - len(ends) - 4, _FEWEST)
    if len(lines) > room:
        told = f"... {count_text(len(lines) - room, 'line')} above; all of them are shown at the end"
        lines = [Text(told, "dim"), *lines[-room:]]
    return [heading(trace), titles, *lines, *ends]


class EndedSpans:
    """Lines for spans as they end, one after the other: time, kind, name, figures, and why one failed."""

    def __init__(self, *, content: bool, full: bool = False) -> None:
        self._content = content
        self._full = full
        self._inside: dict[str, Sums] = {}
        self._problems: dict[str, SpanRecord] = {}

    def lines(self, span: SpanRecord) -> Iterator[Text]:
        """Yield the lines for a span; none for one that is still open."""
        if span.end is None:
            return
        sums = self._inside.pop(span.span, None) or Sums()
        sums.count(span, holds_chats=sums.chats > 0)
        inner = self._problems.pop(span.span, None)
        if span.parent is not None:
            self._inside.setdefault(span.parent, Sums()).include(sums)
            if span.failed:
                self._problems[span.parent] = span
        time = datetime.fromtimestamp(span.end / 1e9).astimezone().strftime("%H:%M:%S")
        label = Text.assemble(f"{time}  {span.kind:<{_KIND}} ", span_label(span))
        yield beside(label, span_figures(span, sums))
        indent = " " * (len(time) + 2 + _KIND + 1)
        # What failed for the reason of the span inside it, which was told before, does not tell it again.
        for text in told_below(Row(TreeNode(span), "", "", around=inner), content=self._content, full=self._full):
            yield from (Text.assemble(indent, line) for line in text.split("\n"))

    @staticmethod
    def waiting(path: str) -> Text:
        """Return a line that says what is waited for."""
        return Text(f"Waiting for {printable_line(path, 1000)}. Ctrl-C ends.", "dim")
