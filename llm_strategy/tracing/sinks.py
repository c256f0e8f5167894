"""Where ended spans go: memory, or a file that survives the process."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol
from weakref import finalize

from llm_strategy.errors import TraceFileError
from llm_strategy.tracing.records import line_of, read_spans

if TYPE_CHECKING:
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["FileSink", "MemorySink", "Sink"]

_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
_HELD = 10_000
"""How many spans are held in memory before they are moved to a temporary file."""


class Sink(Protocol):
    """Takes ended spans, from any thread, and never raises: a trace must not break what it looks at."""

    @property
    def path(self) -> Path | None:
        """The file that the user can read, where there is one."""
        ...

    def add(self, span: SpanRecord) -> None:
        """Take a span."""
        ...

    def records(self) -> tuple[SpanRecord, ...]:
        """Return all spans so far."""
        ...

    def close(self) -> None:
        """Take no more spans."""
        ...


class FileSink:
    """Writes each span as a line, in one system call, as soon as it has ended.

    Nothing waits in this process: whatever kills it, each span that had ended is in the file. A line is appended as a
    whole, so several threads, and processes that were forked, may write to the same file.
    """

    def __init__(self, path: Path) -> None:
        self.path: Path = path
        """The file."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: int | None = os.open(path, _APPENDING, 0o600)
        except OSError as error:
            raise TraceFileError(
                f"The trace cannot be written to {str(path)!r}: {error.strerror}. "
                "Name a directory that can be written to."
            ) from error
        self._lost = 0

    def add(self, span: SpanRecord) -> None:
        """Take a span, also one that ends after the session. Where it cannot be written, warn once and go on."""
        line = line_of(span)
        try:
            if self._file is None:
                with self.path.open("ab", buffering=0) as file:
                    written = file.write(line)
            else:
                written = os.write(self._file, line)
            problem = "" if written == len(line) else "the disk is full"
        except OSError as error:
            problem = error.strerror or type(error).__name__
        if problem:
            self._lost += 1
            if self._lost == 1:
                told = f"The trace {str(self.path)!r} is not complete: a span could not be written ({problem})."
                warnings.warn(told, RuntimeWarning, stacklevel=2)

    def records(self) -> tuple[SpanRecord, ...]:
        """Return all spans so far."""
        try:
            return read_spans(self.path)
        except TraceFileError:
            return ()

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                os.close(file)


class MemorySink:
    """Holds spans in memory; many of them go to a temporary file, so that a long session does not eat all of it."""

    path = None

    def __init__(self, held: int = _HELD) -> None:
        self._most = held
        self._spans: deque[SpanRecord] = deque()
        self._file: FileSink | None = None
        self._opening = Lock()

    def add(self, span: SpanRecord) -> None:
        """Take a span."""
        self._spans.append(span)
        if len(self._spans) >= self._most:
            self._spill()

    def _spill(self) -> None:
        with self._opening:
            if self._file is None:
                descriptor, name = tempfile.mkstemp(".jsonl", "llm-strategy-trace-")
                os.close(descriptor)
                self._file = FileSink(Path(name))
                finalize(self, Path(name).unlink, missing_ok=True)
        while True:  # each end of a deque may be used by a thread of its own
            try:
                span = self._spans.popleft()
            except IndexError:
                return
            self._file.add(span)

    def records(self) -> tuple[SpanRecord, ...]:
        """Return all spans so far."""
        moved = () if self._file is None else self._file.records()
        return (*moved, *self._spans)

    def close(self) -> None:
        """Close the temporary file; what was recorded can still be read."""
        if self._file is not None:
            self._spill()
            self._file.close()
