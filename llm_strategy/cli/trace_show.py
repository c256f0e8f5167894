"""`llm-strategy trace show`: a trace in the terminal, once or while it is written."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console, Group
from rich.live import Live

from llm_strategy.cli.trace_files import console_for_output, directory_of_traces, trace_path
from llm_strategy.errors import TraceFileError
from llm_strategy.tracing.exporters.follow import Follower, followed
from llm_strategy.tracing.exporters.terminal import heading, print_lines, totals_lines, trace_lines
from llm_strategy.tracing.exporters.terminal_chats import chat_lines
from llm_strategy.tracing.exporters.terminal_live import EndedSpans, live_lines
from llm_strategy.tracing.exporters.terminal_rows import called
from llm_strategy.tracing.exporters.trace_data import chats_data, span_data, trace_data
from llm_strategy.tracing.index import TraceIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.tracing.exporters.terminal_rows import TreeView
    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["follow_trace", "show_chats", "show_json", "show_trace"]

_INTERVAL = 0.2


def show_trace(trace: RecordedTrace, view: TreeView) -> None:
    """Print the tree of a trace. Raises TraceFileError where no function has the name that is looked for."""
    _check(trace, view)
    console = console_for_output()
    lines = list(trace_lines(trace, view, console))
    print_lines(console, [heading(trace), *lines, *totals_lines(trace)])
    if not lines:
        Console(stderr=True).print("Nothing failed.", highlight=False)


def show_chats(trace: RecordedTrace) -> None:
    """Print the conversations of a trace."""
    console = console_for_output()
    print_lines(console, [heading(trace), *chat_lines(trace, console), *totals_lines(trace)])


def show_json(trace: RecordedTrace, view: TreeView, *, chats: bool) -> None:
    """Print a trace as JSON. Raises TraceFileError where no function has the name that is looked for."""
    _check(trace, view)
    data = trace_data(trace, view)
    typer.echo(json.dumps({**data, "chats": chats_data(trace)} if chats else data, indent=2, allow_nan=False))


def follow_trace(name: str | None, directory: Path | None, view: TreeView, *, as_json: bool) -> None:
    """Show a trace while it is written, until its session ends or Ctrl-C is pressed.

    Raises:
        TraceFileError: there is no such trace, or its file cannot be read.
    """
    console = console_for_output()
    with suppress(KeyboardInterrupt):
        follower = Follower(_path_to_follow(name, directory))
        if not follower.path.exists() and not console.is_terminal:
            Console(stderr=True).print(EndedSpans.waiting(repr(str(follower.path))))
        if as_json:
            for spans in _followed(follower):
                for span in spans:
                    typer.echo(json.dumps(span_data(span, content=view.content), allow_nan=False))
        elif console.is_terminal:
            _follow_in_place(follower, view, console)
        else:
            _follow_in_lines(follower, view, console)


def _path_to_follow(name: str | None, directory: Path | None) -> Path:
    """Return the file that is meant: without a name that of a running trace, else the next one that begins."""
    if name is not None:
        path = Path(name).expanduser()
        try:
            return trace_path(name, directory)
        except TraceFileError:
            if path.suffix != ".jsonl" or not path.parent.is_dir():
                raise
            return path  # it may come yet
    where = directory_of_traces(directory)
    before = set(where.expanduser().glob("*.jsonl"))  # first: what begins from here on is running, or is the next one
    with TraceIndex(where) as index:
        index.refresh()
        running = [one.path for one in index.traces() if one.state == "running"]
    return running[0] if running else _next_file(where, before)


def _next_file(directory: Path, before: set[Path]) -> Path:
    Console(stderr=True).print(EndedSpans.waiting(f"a new trace in {str(directory)!r}"))
    while True:
        new = set(directory.expanduser().glob("*.jsonl")) - before
        if new:
            return min(new)
        time.sleep(_INTERVAL)


def _followed(follower: Follower) -> Iterator[tuple[SpanRecord, ...]]:
    return followed(follower, interval=_INTERVAL, sleep=time.sleep)


def _follow_in_place(follower: Follower, view: TreeView, console: Console) -> None:
    try:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            for _ in _followed(follower):
                if follower.trace.spans:
                    now = replace(view, now=time.time_ns())
                    shown = live_lines(follower.trace, now, console)
                else:
                    shown = [EndedSpans.waiting(repr(str(follower.path)))]
                live.update(Group(*shown), refresh=True)
    finally:
        if follower.trace.spans:
            lines = [heading(follower.trace), *trace_lines(follower.trace, view, console)]
            print_lines(console, [*lines, *totals_lines(follower.trace)])


def _follow_in_lines(follower: Follower, view: TreeView, console: Console) -> None:
    ended = EndedSpans(content=view.content, full=view.full)
    begun = False
    try:
        for spans in _followed(follower):
            if spans and not begun:
                begun = True
                print_lines(console, [heading(follower.trace)])
            for span in spans:
                print_lines(console, ended.lines(span))
    finally:
        if begun:
            print_lines(console, totals_lines(follower.trace))


def _check(trace: RecordedTrace, view: TreeView) -> None:
    if not view.function or any(called(span, view.function) for span in trace.spans):
        return
    names = [row.name for row in trace.functions()]
    near = get_close_matches(view.function, names, n=5, cutoff=0.4) or names[:5]
    there = f"Functions there: {', '.join(map(repr, near))}." if near else "It has no call of a function."
    raise TraceFileError(f"No function of the trace {trace.name!r} is called {view.function!r}. {there}")
