"""A run of the planner while it goes on: drawn anew again and again in a terminal, told line by line elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.live import Live
from rich.text import Text

from llm_strategy.cli.planner_words import event_lines, turn_text, verdict_text
from llm_strategy.flow.metered import Meter
from llm_strategy.planner.events import StepEnded
from llm_strategy.tracing.exporters.figures import cost_text, count_text, seconds_text
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from rich.console import Console, RenderableType

    from llm_strategy.planner.events import Event
    from llm_strategy.planner.program.outline import OutlineRow
    from llm_strategy.planner.progress import Progress

__all__ = ["LineView", "LiveView", "View"]

_AROUND = 8
"""Lines of the screen that are no rows of the program."""
_SIGNS = {
    "done": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("-", "yellow"),
    "yes": ("y", "cyan"),
    "no": ("n", "cyan"),
}
_PLAIN = {"✓": "+", "✗": "x", "▶": ">", "…": "~", "·": "|"}
"""Signs for terminals that have no others."""


class View:
    """Shows a run, as a scope around it; this one shows nothing.

    Args:
        progress: how far the run has come.
    """

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        """How far the run has come."""
        self.meter = Meter()
        """Counts what replies cost, where it is a layer of the run."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def __call__(self, event: Event) -> None:
        """Take up what has happened."""
        self.progress.take(event)

    def tell(self, lines: Iterable[str]) -> None:
        """Say something beside it."""

    @contextmanager
    def paused(self) -> Generator[None]:
        """Leave the terminal to a question inside of this scope."""
        yield


class LineView(View):
    """Tells what happens line by line, for files and for terminals that draw nothing."""

    def __init__(self, console: Console, progress: Progress) -> None:
        super().__init__(progress)
        self._console = console

    def __call__(self, event: Event) -> None:
        """Take up what has happened."""
        super().__call__(event)
        self.tell(event_lines(event, self.progress.rows))

    def tell(self, lines: Iterable[str]) -> None:
        """Print lines."""
        for line in lines:
            self._console.print(Text(line), soft_wrap=True)


class LiveView(View):
    """Draws the program with what became of its steps, and the figures of the run below it.

    Args:
        console: of a terminal.
        progress: how far the run has come.
        title: what is built, and where.
    """

    def __init__(self, console: Console, progress: Progress, title: str) -> None:
        super().__init__(progress)
        self._console, self._title = console, title
        self._lock = RLock()
        self._has_begun = False
        self._counted: tuple[int, float | None] = (0, 0.0)
        self._live = self._new()

    def _new(self) -> Live:
        """Return a drawing of its own: one that was stopped would be drawn over what was printed since."""
        return Live(
            console=self._console,
            get_renderable=self.drawn,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        if self._has_begun:  # else nothing is to be seen but an error
            self._console.print(self.drawn())

    def __call__(self, event: Event) -> None:
        """Take up what has happened."""
        with self._lock:
            self._has_begun = True
            super().__call__(event)
            if isinstance(event, StepEnded):
                self._counted = self.meter.spent()
        self._live.refresh()

    def tell(self, lines: Iterable[str]) -> None:
        """Print lines above what is drawn."""
        for line in lines:
            self._console.print(Text(line))

    @contextmanager
    def paused(self) -> Generator[None]:
        """Take away what is drawn as long as a question is asked."""
        self._live.stop()
        self._has_begun = True
        yield  # where the question is broken off, nothing is drawn over it
        self._live = self._new()
        self._live.start(refresh=True)

    def drawn(self) -> RenderableType:
        """Return what is shown now."""
        with self._lock:
            lines = [Text(printable_line(self._title), "bold"), *self._program(), Text(), *self._figures()]
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        if not self._console.options.ascii_only:
            return Group(*lines)
        return Group(*(_plain(line) for line in lines))

    def _program(self) -> Iterator[Text]:
        rows = self.progress.rows
        if not rows:
            yield Text("▶ planning", "cyan")
            return
        first, last = _window(rows, self.progress.current, max(3, self._console.height - _AROUND))
        if first:
            yield Text(f"  … {first:,} before", "dim")
        for row in rows[first:last]:
            yield self._row(row)
        if last < len(rows):
            yield Text(f"  … {len(rows) - last:,} more", "dim")
        if not (self.progress.reason or any(row.is_instruction and not row.outcome for row in rows)):
            yield Text("▶ planning", "cyan")

    def _row(self, row: OutlineRow) -> Text:
        is_current = row.path != "" and row.path == self.progress.current
        sign, style = ("▶", "bold cyan") if is_current else _SIGNS.get(row.outcome, (" ", ""))
        name = f"{printable_line(row.path, 16)} " if row.path else ""
        text = Text.assemble((f"{sign} ", style), ("  " * row.depth), (name, "dim"))
        served = f"  {' '.join(printable_line(one, 12) for one in row.requirements[:4])}" if row.requirements else ""
        room = max(20, self._console.width - text.cell_len - len(served) - 1)
        told = Text(printable_line(row.text, 400), "bold" if is_current else "" if not row.outcome else "dim")
        told.truncate(room, overflow="ellipsis")
        return text.append_text(told).append(served, "blue")

    def _figures(self) -> Iterator[Text]:
        progress = self.progress
        if progress.current and progress.turn is not None:
            turn = progress.turn
            yield Text(f"attempt {turn.attempt}, reply {turn.turn}: {turn_text(turn)}", "dim")
        yield Text(" · ".join(self._state()))
        yield Text(" · ".join(self._spent()), "dim")

    def _state(self) -> Iterator[str]:
        progress = self.progress
        if progress.rows:
            failed = sum(row.outcome == "failed" for row in progress.instructions)
            wrong = f", {failed:,} failed" if failed else ""
            yield f"{progress.done:,} of {count_text(len(progress.instructions), 'step')} done{wrong}"
        yield f"files: {len(progress.made):,} made, {len(progress.changed):,} changed"
        if progress.verdict is not None:
            yield verdict_text(progress.verdict)

    def _spent(self) -> Iterator[str]:
        spent, (tokens, dollars) = self.progress.spent, self.meter.spent()
        tokens += spent.input_tokens + spent.output_tokens - self._counted[0]
        yield f"{tokens:,} tokens"
        if spent.dollars is None or dollars is None or self._counted[1] is None:
            yield "$?"
        else:
            yield cost_text(spent.dollars + dollars - self._counted[1])
        yield seconds_text(self.progress.seconds)


def _window(rows: tuple[OutlineRow, ...], current: str, room: int) -> tuple[int, int]:
    """Return which rows have room: those around the current one, or around the first that is open."""
    if len(rows) <= room:
        return 0, len(rows)
    open_rows = (place for place, row in enumerate(rows) if row.is_instruction and not row.outcome)
    here = next((place for place, row in enumerate(rows) if row.path == current != ""), None)
    place = next(open_rows, len(rows) - 1) if here is None else here
    first = min(max(0, place - room // 3), len(rows) - room)
    return first, first + room


def _plain(line: Text) -> Text:
    plain = line.copy()
    plain.plain = "".join(_PLAIN.get(sign, sign) for sign in line.plain)
    return plain
