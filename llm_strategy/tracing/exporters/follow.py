"""Reading a trace file while it is written: only what was added since the last time is read."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from llm_strategy.errors import TraceFileError
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import SpanRecord, read_lines
from llm_strategy.tracing.trace_files import is_held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Follower", "followed"]

_PIECE = 1 << 20
"""Bytes that are read at once."""
_QUIET = 5
"""How many looks in a row find a file that nobody writes to, before its program counts as stopped."""


class Follower:
    """A trace file that grows. A file that is not there yet has no spans; one that was begun anew is read anew.

    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> from llm_strategy.tracing.records import line_of
    >>> with TemporaryDirectory() as directory:
    ...     follower = Follower(Path(directory, "trace.jsonl"))
    ...     before = follower.read()
    ...     _ = follower.path.write_bytes(b"".join(map(line_of, sample_trace(1).spans)))
    ...     len(before), len(follower.read()), len(follower.read()), follower.ended
    (0, 5, 0, True)
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        """The file."""
        self._spans: dict[str, SpanRecord] = {}
        self._position = 0
        self._rest = b""
        self._file: tuple[int, int] | None = None

    @property
    def trace(self) -> RecordedTrace:
        """The trace as far as it was read."""
        return RecordedTrace(tuple(sorted(self._spans.values(), key=lambda span: span.start)), self.path)

    @property
    def ended(self) -> bool:
        """Whether a session was read, and all outermost ones have ended."""
        sessions = [span for span in self._spans.values() if span.kind == "session" and span.parent not in self._spans]
        return bool(sessions) and all(span.end is not None for span in sessions)

    def read(self) -> tuple[SpanRecord, ...]:
        """Return what is new since the last time, in the order of the file; spans that are open have no end.

        Raises:
            TraceFileError: the file is there and cannot be read.
        """
        try:
            return tuple(span for span in read_lines(self._lines()) if self._take(span))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise TraceFileError(f"The trace {str(self.path)!r} cannot be read: {error.strerror}.") from error

    def _lines(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            self._notice_another(file.fileno())
            file.seek(self._position)
            while piece := file.read(_PIECE):
                self._position += len(piece)
                *lines, self._rest = (self._rest + piece).split(b"\n")
                yield from filter(None, lines)

    def _notice_another(self, descriptor: int) -> None:
        """Begin anew where the file was replaced by another one, or cut off."""
        found = os.fstat(descriptor)
        same = (found.st_dev, found.st_ino)
        if self._file not in {None, same} or found.st_size < self._position:
            self._position, self._rest = 0, b""
            self._spans.clear()
        self._file = same

    def _take(self, span: SpanRecord) -> bool:
        known = self._spans.get(span.span)
        if known == span or (known is not None and known.end is not None and span.end is None):
            return False  # a span that was announced as open at the moment in which it ended
        self._spans[span.span] = span
        return True


def followed(
    follower: Follower, *, interval: float = 0.2, sleep: Callable[[float], object] = time.sleep
) -> Iterator[tuple[SpanRecord, ...]]:
    """Yield what is new in a trace file, at intervals, until its session has ended; nothing new is an empty tuple.

    A program that was killed does not end its session: then it is over once nobody holds the file any more.
    """
    quiet = 0
    while True:
        new = follower.read()
        yield new
        quiet = 0 if new or not follower.trace.spans or is_held(follower.path) is not False else quiet + 1
        if follower.ended or quiet >= _QUIET:
            return
        sleep(interval)
