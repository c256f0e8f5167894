"""Where ended spans go: memory, or a file that survives the process."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from weakref import finalize

from llm_strategy.errors import TraceFileError
from llm_strategy.tracing.fork_locks import ForkLock
from llm_strategy.tracing.records import line_of, read_spans
from llm_strategy.tracing.trace_files import hold

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
        self.path: Path = path.absolute()
        """The file."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: int | None = os.open(path, _APPENDING, 0o600)
            hold(self._file)
        except OSError as error:
            raise TraceFileError(
                f"The trace cannot be written to {str(path)!r}: {error.strerror}. "
                "Name a directory that can be written to."
            ) from error
        self._lost = 0
        self._torn = False

    def add(self, span: SpanRecord) -> None:
        """Take a span, also one that ends after the session. Where it cannot be written, warn once and go on."""
        line = line_of(span)
        if self._torn:  # half a line stands at the end: what follows begins on a line of its own
            line = b"\n" + line
        try:
            written = self._append(line)
            problem = "" if written == len(line) else "the disk is full"
            self._torn = written != len(line) and (written > 0 or self._torn)
        except OSError as error:
            problem = error.strerror or type(error).__name__
        if problem:
            self._lost += 1
            if self._lost == 1:
                told = f"The trace {str(self.path)!r} is not complete: a span could not be written ({problem})."
                warnings.warn(told, RuntimeWarning, stacklevel=2)

    def _append(self, line: bytes) -> int:
        file = self._file
        if file is not None:
            return os.write(file, line)
        file = os.open(self.path, _APPENDING, 0o600)
        try:
            return os.write(file, line)
        finally:
            os.close(file)

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
        self._moving = ForkLock()

    def add(self, span: SpanRecord) -> None:
        """Take a span."""
        self._spans.append(span)
        # Who finds the lock taken has nothing to do: another thread is at it. It may be this very thread, where the
        # garbage collector closes a forgotten iterator in the middle of it.
        if len(self._spans) >= self._most and self._moving.acquire(blocking=False):
            try:
                self._spill()
            finally:
                self._moving.release()

    def _spill(self) -> None:
        file = self._file = self._file or _temporary_file(self)
        if file is None:
            self._most *= 2  # memory has to do
            return
        for _ in range(len(self._spans)):
            file.add(self._spans.popleft())

    def records(self) -> tuple[SpanRecord, ...]:
        """Return all spans so far."""
        with self._moving:
            moved = () if self._file is None else self._file.records()
            return (*moved, *self._held())

    def _held(self) -> tuple[SpanRecord, ...]:
        while True:
            try:
                return tuple(self._spans)
            except RuntimeError:  # pragma: no cover (a span was added in the middle of it)
                continue

    def close(self) -> None:
        """Close the temporary file; what was recorded can still be read."""
        if self._file is not None:
            self._file.close()


def _temporary_file(owner: MemorySink) -> FileSink | None:
    """Open a file that goes away with its owner; None where there is no place for one."""
    try:
        descriptor, name = tempfile.mkstemp(".jsonl", "llm-strategy-trace-")
        os.close(descriptor)
        file = FileSink(Path(name))
    except (OSError, TraceFileError):
        return None
    finalize(owner, _remove, file.path, os.getpid())
    return file


def _remove(path: Path, process: int) -> None:
    if os.getpid() == process:  # a forked child that ends leaves its parent the file
        with suppress(OSError):
            path.unlink(missing_ok=True)
