"""Noting which files are touched: shown as a heat map of steps and files."""

from __future__ import annotations

from os import fspath
from typing import TYPE_CHECKING, Literal

from llm_strategy.tracing import semconv
from llm_strategy.tracing.recording import current_span

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["FileOperation", "record_file"]

FileOperation = Literal["read", "write", "create", "delete"]


def record_file(path: str | PathLike[str], operation: FileOperation, *, size: int | None = None) -> None:
    """Note on the span that is open here that a file was touched; where nothing is traced, do nothing.

    Args:
        path: the file, best relative to the workspace.
        operation: what was done with it.
        size: its length in bytes, afterwards.

    >>> from llm_strategy.tracing import trace
    >>> with trace("edit") as t:
    ...     record_file("src/app.py", "write", size=120)
    >>> t.spans[0].events[0].attributes["file.path"]
    'src/app.py'
    """
    span = current_span()
    if span is not None:
        told = {semconv.FILE_PATH: fspath(path), semconv.FILE_OPERATION: operation, semconv.FILE_SIZE: size}
        span.event(semconv.FILE, told)
