"""A trace as lines of a terminal: a tree with times, tokens and costs, and what went wrong in red.

Whatever a trace holds may come from a model, and is shown as text: nothing in it steers the terminal, and no markup of
rich is read. In a pipe there are neither colours nor lines that are cut to a width.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.figures import cost_text, count_text, seconds_text, tokens_text
from llm_strategy.tracing.exporters.terminal_rows import Row, TreeView, rows_of
from llm_strategy.tracing.exporters.terminal_told import told_below
from llm_strategy.tracing.printable import printable_line
from llm_strategy.tracing.sums import Sums
from llm_strategy.tracing.usage import usage_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.records import SpanRecord
    from llm_strategy.tracing.totals import Totals

__all__ = ["below", "beside", "heading", "print_lines", "span_figures", "span_label", "totals_lines", "trace_lines"]

_TITLES = ("time", "tokens in", "out", "cost")
_WIDTHS = (12, 11, 9, 14)
_NARROW = 80
"""In a narrower terminal the figures follow the name, without columns."""
_LONGEST_NAME = 64
"""Where the columns begin at most."""
_SUMMED = frozenset({"session", "function", "chat", "tool", "code", "step"})
"""Kinds of spans with tokens and costs; those of a prompt or an attempt would only repeat them."""

_ASCII = str.maketrans("├└│─✗·…", "|`|-x..")
"""For terminals and pipes that know no other signs."""


def trace_lines(trace: RecordedTrace, view: TreeView, console: Console) -> Iterator[Text]:
    """Yield the lines of a trace's tree, below a line of titles; none where nothing fits the view."""
    tree = trace.tree()
    sums = usage_of([node for _, node in tree.walk()])
    rows = list(rows_of(tree, view))
    labels = [_label(row, view, sums) for row in rows]
    column = _column(labels, console)
    cut = console.is_terminal
    if rows and column is not None:
        yield _in_columns(Text(), _TITLES, column, cut=cut, style="dim")
    for row, label in zip(rows, labels, strict=True):
        figures = _figures(row, view, sums)
        yield _in_columns(label, figures, column, cut=cut) if column is not None else beside(label, figures)
        if not row.left_out:
            for text in told_below(row, content=view.content, full=view.full):
                yield from below(text, row.below, console)


def heading(trace: RecordedTrace) -> Text:
    """Return a line that says which trace it is."""
    shown = Text.assemble("trace ", (printable_line(trace.name), "bold"), f"  {printable_line(trace.id)[:12]}")
    if trace.spans:
        shown.append(f"  {_moment(trace.spans[0].start)}")
    if trace.path is not None:
        shown.append(f"  {printable_line(str(trace.path), 1000)}", "dim")
    return shown


def totals_lines(trace: RecordedTrace, *, running: bool = False) -> Iterator[Text]:
    """Yield lines that sum a trace up, and say what of it is not known."""
    totals = trace.totals
    some = [
        (totals.actions, count_text(totals.actions, "action"), ""),
        (totals.retries, count_text(totals.retries, "retry", "retries"), "yellow"),
        (totals.errors, count_text(totals.errors, "error"), "red"),
        (totals.cache_hits, count_text(totals.cache_hits, "cache hit"), "cyan"),
    ]
    cached = f" ({totals.cached_tokens:,} cached)" if totals.cached_tokens else ""
    reasoning = f" ({totals.reasoning_tokens:,} reasoning)" if totals.reasoning_tokens else ""
    tokens = [tokens_text(number, totals.unmeasured) for number in (totals.input_tokens, totals.output_tokens)]
    parts = [
        Text(count_text(totals.calls, "call")),
        Text(count_text(totals.chats, "chat")),
        *(Text(text, style) for number, text, style in some if number),
        Text(f"{tokens[0]} tokens in{cached}"),
        Text(f"{tokens[1]} out{reasoning}"),
        Text(cost_text(totals.known_cost, totals.unpriced)),
        Text(seconds_text(totals.seconds)),
        *(Text(f"{printable_line(name)} {score:.6g}") for name, score in trace.scores.items()),
    ]
    yield Text.assemble(("total  ", "bold"), Text(", ").join(parts))
    yield from (Text(f"?: the {unknown} not known.", "dim") for unknown in _not_known(totals))
    unended = sum(span.end is None for span in trace.spans)
    if unended and not running:
        yield Text(f"{count_text(unended, 'span')} without an end: the program is running, or was stopped.", "yellow")


def _not_known(totals: Totals) -> Iterator[str]:
    silent, unpriced = (count_text(number, "request") for number in (totals.unmeasured, totals.unpriced))
    if totals.unmeasured and totals.unmeasured == totals.unpriced:
        yield f"numbers of tokens and the price of {unpriced} are"
        return
    if totals.unmeasured:
        yield f"numbers of tokens of {silent} are"
    if totals.unpriced:
        yield f"price of {unpriced} is"


def span_label(span: SpanRecord, *, now: int | None = None) -> Text:
    """Return the name of a span with marks of what became of it; `now` is given where the trace is under way."""
    retry = (span.number(semconv.ATTEMPT) or 1) > 1 or bool(span.number(semconv.RETRY))
    style = "red" if span.failed else "yellow" if retry else "bold" if span.kind in {"session", "function"} else ""
    shown = Text(printable_line(span.name) or "(not recorded)", style)
    if span.failed:
        shown = Text.assemble(("✗ ", "bold red"), shown)
    if retry:
        shown.append(" [retry]", "yellow")
    if span.attributes.get(semconv.CACHE_HIT) is True:
        shown.append(" [cached]", "cyan")
    if span.attributes.get(semconv.REPLAYED) is True:
        shown.append(" [replayed]", "cyan")
    if span.attributes.get(semconv.CANCELLED) is True:
        shown.append(" [cancelled]", "yellow")
    if span.end is None and span.name:
        shown.append(" [no end]" if now is None else " [running]", "bold yellow")
    return shown


def span_figures(span: SpanRecord, sums: Sums, *, now: int | None = None) -> tuple[str, ...]:
    """Return time, tokens in, tokens out and cost of a span, with all that happened in it."""
    seconds = max(0, now - span.start) / 1e9 if span.end is None and now is not None and span.name else span.seconds
    asked = sums.chats > sums.cache_hits and span.kind in _SUMMED
    tokens = sums.input_tokens + sums.output_tokens
    if not asked or not (tokens or sums.cost_units or sums.unpriced):
        return (seconds_text(seconds), "", "", "")
    given, got = (tokens_text(number, sums.unmeasured) for number in (sums.input_tokens, sums.output_tokens))
    return (seconds_text(seconds), given, got, cost_text(sums.known_cost, sums.unpriced))


def beside(label: Text, figures: Sequence[str]) -> Text:
    """Return a line with its figures right after the name, without columns."""
    time, given, got, cost = figures
    tokens = f"  {given} in {got} out" if given else ""
    return label.copy().append(f"  {time}{tokens}{f'  {cost}' if cost else ''}")


def below(text: Text, guides: str, console: Console) -> Iterator[Text]:
    """Yield a text of one or more lines beside guides, folded to the width of a terminal; a pipe gets whole lines."""
    width = max(console.width - len(guides), 20)
    for line in text.split("\n"):
        folded: Iterable[Text] = line.wrap(console, width) if console.is_terminal else [line]
        yield from (Text.assemble((guides, "dim"), one) for one in folded)


def print_lines(console: Console, lines: Iterable[Text]) -> None:
    """Print lines as they are: a terminal folds them, or cuts those with columns; a pipe gets all of them."""
    plain = not console.encoding.lower().startswith("utf")
    for line in lines:
        line.rstrip()
        if plain:
            line.plain = line.plain.translate(_ASCII)
        if console.is_terminal:
            console.print(line, no_wrap=line.no_wrap, overflow="ellipsis" if line.no_wrap else "fold", highlight=False)
        else:
            console.print(line, soft_wrap=True, highlight=False)


def _label(row: Row, view: TreeView, sums: dict[str, Sums]) -> Text:
    if not row.left_out:
        return Text.assemble((row.guides, "dim"), span_label(row.node.span, now=view.now))
    retries = sum(sums[node.span.span].retries for node in row.left_out)
    told = f"... {len(row.left_out):,} more {printable_line(row.node.span.name)}"
    shown = Text.assemble((row.guides, "dim"), (told, "dim"))
    return shown.append(f" ({count_text(retries, 'retry', 'retries')})", "yellow") if retries else shown


def _figures(row: Row, view: TreeView, sums: dict[str, Sums]) -> tuple[str, ...]:
    span = row.node.span
    if not row.left_out:
        return span_figures(span, sums[span.span], now=view.now)
    together = Sums()
    for node in row.left_out:
        together.include(sums[node.span.span])
    seconds = sum(node.span.seconds or 0 for node in row.left_out)
    return (seconds_text(seconds), *span_figures(span, together)[1:])


def _column(labels: Sequence[Text], console: Console) -> int | None:
    """Return where the columns of figures begin; None where a terminal is too narrow for them."""
    widest = min(max((label.cell_len for label in labels), default=0), _LONGEST_NAME)
    if not console.is_terminal:
        return widest
    return None if console.width < _NARROW else min(widest, console.width - sum(_WIDTHS) - 1)


def _in_columns(label: Text, figures: Sequence[str], column: int, *, cut: bool, style: str = "") -> Text:
    """Return a line with its figures; a label that is too long is cut, or else moves the figures to the right."""
    shown = label.copy()
    if cut:
        shown.truncate(column, overflow="ellipsis")
    shown.append(" " * max(0, column - shown.cell_len))
    for figure, width in zip(figures, _WIDTHS, strict=True):
        shown.append(f"{figure:>{width}}", style)
    shown.no_wrap = True
    return shown


def _moment(nanoseconds: int) -> str:
    try:
        return datetime.fromtimestamp(nanoseconds / 1e9).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "(no time)"
