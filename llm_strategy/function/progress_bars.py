"""Bars that move: of rich in a terminal, of tqdm in a notebook and where rich cannot draw."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

    from llm_strategy.function.progress import Display, Progress

__all__ = ["RichBar", "TqdmBar", "bar_for"]


def bar_for(stream: TextIO) -> Display | None:
    """Return a bar on `stream`, or None where it would be written out again and again: in a file, or a pipe."""
    from rich.console import Console
    from rich.errors import LiveError

    notebook = "ipykernel" in sys.modules
    console = Console(file=stream)
    if not notebook and not console.is_terminal:
        return None
    if not notebook and not console.is_dumb_terminal:
        with suppress(LiveError):  # something else of rich moves there already
            return RichBar(console)
    with suppress(ImportError):
        return TqdmBar(import_module("tqdm.auto" if notebook else "tqdm").tqdm, stream)
    return None


class RichBar:
    """A bar of rich."""

    seconds = 0.1

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        columns = (BarColumn(), TextColumn("{task.fields[told]}", markup=False))
        self._bar = Bar(*columns, console=console, auto_refresh=False)  # no thread of its own: nothing is left running
        self._task = self._bar.add_task("", total=None, told="")
        self._bar.start()

    def update(self, progress: Progress) -> None:
        """Draw the bar anew."""
        total = progress.total
        self._bar.update(self._task, total=total, completed=progress.done, told=str(progress), refresh=True)

    def close(self, progress: Progress) -> None:
        """Draw it for the last time, and leave it there."""
        self.update(progress)
        self._bar.stop()


class TqdmBar:
    """A bar of tqdm."""

    seconds = 0.1

    def __init__(self, tqdm: Any, stream: TextIO) -> None:
        self._bar = tqdm(file=stream, bar_format="{bar:30} {desc}")

    def update(self, progress: Progress) -> None:
        """Draw the bar anew."""
        self._bar.total = progress.total
        self._bar.n = progress.done
        self._bar.set_description_str(str(progress))

    def close(self, progress: Progress) -> None:
        """Draw it for the last time, and leave it there."""
        self.update(progress)
        self._bar.close()
