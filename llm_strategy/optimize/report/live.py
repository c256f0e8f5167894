"""A search while it goes on: drawn anew again and again in a terminal, told line by line elsewhere.

Hand a view to `optimize(..., watch=view)`, and use it as a scope around the call.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from llm_strategy.optimize.events import Done
from llm_strategy.optimize.report.progress import Progress
from llm_strategy.optimize.report.progress_lines import event_lines, progress_lines
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from rich.console import RenderableType

    from llm_strategy.optimize.events import Event

__all__ = ["LineView", "LiveView", "View", "view_for"]


class View:
    """Follows a search, as a scope around it; this one shows nothing.

    >>> from llm_strategy.optimize.events import Warned
    >>> with View() as view:
    ...     view(Warned("The budget allows one proposal."))
    >>> view.progress.warnings
    ['The budget allows one proposal.']
    """

    def __init__(self) -> None:
        self.progress = Progress()
        """How far it has come."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def __call__(self, event: Event) -> None:
        """Take up what has happened."""
        self.progress.take(event)


class LineView(View):
    """Tells what happens line by line, for files and for terminals that draw nothing."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._tenth = 10

    def __call__(self, event: Event) -> None:
        """Take up what has happened."""
        super().__call__(event)
        for line in event_lines(event, self.progress):
            self._print(line)
        if isinstance(event, Done) and int(event.books.left * 10) < self._tenth:
            self._tenth = int(event.books.left * 10)
            best, *_, books, budget = progress_lines(self.progress, width=1000, plain=True)
            for text in (best, books, budget):
                self._print(text.plain)

    def _print(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)


class LiveView(View):
    """Draws the best score, the front, what is under way, and both lines of the books.

    Args:
        console: of a terminal.
        title: what is optimized.
    """

    def __init__(self, console: Console, title: str) -> None:
        super().__init__()
        self._console, self._title = console, title
        self._lock = RLock()
        self._has_begun = False
        self._live = Live(
            console=console,
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
        """Take up what has happened; the drawing follows by itself, four times a second."""
        with self._lock:
            self._has_begun = True
            super().__call__(event)

    def drawn(self) -> RenderableType:
        """Return what is shown now."""
        plain = self._console.options.ascii_only
        with self._lock:
            lines = [
                Text(printable_line(self._title), "bold"),
                *progress_lines(self.progress, width=self._console.width, plain=plain),
            ]
        for line in lines:
            line.no_wrap, line.overflow = True, "crop" if plain else "ellipsis"
        return Group(*lines)


def view_for(title: str, console: Console | None = None, *, quiet: bool = False) -> View:
    """Return the view that a console is able to show.

    Args:
        title: what is optimized.
        console: where it is shown; standard error by default.
        quiet: show nothing.
    """
    if quiet:
        return View()
    shown = console or Console(stderr=True, highlight=False, markup=False, emoji=False)
    return LiveView(shown, title) if shown.is_terminal and not shown.is_dumb_terminal else LineView(shown)
