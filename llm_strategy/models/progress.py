"""Show a download: a bar with rate and time left in a terminal, single lines elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

if TYPE_CHECKING:
    from collections.abc import Generator

    from llm_strategy.models.partial_file import Report

__all__ = ["shown_progress"]

_STEP = 0.25
"""Share of the file between two lines where there is no terminal."""


@contextmanager
def shown_progress(title: str, console: Console | None = None) -> Generator[Report]:
    """Give a function that shows the progress of `title` on `console` (stderr by default) while in the block."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _lines(title, console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task(title, total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield report


def _lines(title: str, console: Console) -> Report:
    next_share = 0.0

    def report(done: int, total: int) -> None:
        nonlocal next_share
        if done >= next_share * total:
            console.print(f"{title}: {done / 1e6:.0f} of {total / 1e6:.0f} MB", highlight=False)
            next_share = (done / total // _STEP + 1) * _STEP
            if done == total:
                next_share = float("inf")

    return report
