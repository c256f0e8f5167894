"""An index of a directory of traces, to find traces and calls by what happened in them."""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from llm_strategy.tracing.index_database import in_memory, make_anew, open_database
from llm_strategy.tracing.index_reading import forget_file, read_file
from llm_strategy.tracing.query import TraceQuery, conditions_on_calls, conditions_on_traces
from llm_strategy.tracing.trace_files import is_held

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from llm_strategy.tracing.query import Condition

__all__ = ["CallSummary", "TraceIndex", "TraceState", "TraceSummary"]

T = TypeVar("T")
TraceState = Literal["running", "finished", "stopped"]
"""A trace whose session has no end is running while a process writes to its file, and was stopped otherwise."""

_QUIET = 600
"""Seconds without a new line after which an open session counts as stopped, where its file cannot be locked."""
_TRACES = """
SELECT title, trace, name, started, seconds, calls, chats, actions, input_tokens, output_tokens, cost, errors,
    ended, modified
FROM files WHERE files.trace IS NOT NULL
"""
_CALLS = """
SELECT files.name, files.title, calls.span, calls.name, calls.started, calls.seconds, calls.error, calls.input_tokens,
    calls.output_tokens, calls.cost, calls.retries
FROM calls JOIN files ON files.id = calls.file WHERE files.trace IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """A trace in a directory."""

    name: str
    """Name of the session."""
    id: str
    """Id of the trace."""
    path: Path
    """Its file."""
    started: datetime
    """When it began, in universal time."""
    seconds: float
    """Time from the first beginning to the last end."""
    calls: int
    """Calls of LLM functions."""
    chats: int
    """Requests to models."""
    actions: int
    """Pieces of code that were run in a sandbox."""
    input_tokens: int | None
    """Tokens of prompts; None where any request did not report them."""
    output_tokens: int | None
    """Tokens of replies; None likewise."""
    cost: float | None
    """US dollars; None where the price of any request is not known."""
    errors: int
    """Chats and functions that failed, and attempts whose reply was of no use."""
    state: TraceState
    """Whether it is over."""

    @property
    def tokens(self) -> int | None:
        """Tokens of prompts and replies; None where they are not known."""
        return (
            None if self.input_tokens is None or self.output_tokens is None else self.input_tokens + self.output_tokens
        )


@dataclass(frozen=True, slots=True)
class CallSummary:
    """A call of an LLM function in a trace."""

    path: Path
    """File of the trace."""
    trace: str
    """Name of the session."""
    span: str
    """Id of the call's span."""
    name: str
    """Module and qualified name of the function."""
    started: datetime
    """When it began, in universal time."""
    seconds: float | None
    """How long it took; None where it did not end."""
    error: str
    """Type and message of its error; empty where it did not fail."""
    input_tokens: int | None
    """Tokens of prompts; None where any request did not report them."""
    output_tokens: int | None
    """Tokens of replies; None likewise."""
    cost: float | None
    """US dollars; None where the price of any request is not known."""
    retries: int
    """Attempts after the first one of a prompt."""

    @property
    def tokens(self) -> int | None:
        """Tokens of prompts and replies; None where they are not known."""
        return (
            None if self.input_tokens is None or self.output_tokens is None else self.input_tokens + self.output_tokens
        )


class TraceIndex:
    """An index of the traces in a directory, kept there as `traces.db`.

    It holds nothing that is not in the trace files: it may be deleted at any time, several processes may use it at
    once, and one that is damaged or of another version is made anew. Where the directory cannot be written to, it is
    held in memory. One thread at a time may use an object of it.

    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> from llm_strategy.tracing.records import line_of
    >>> with TemporaryDirectory() as directory:
    ...     lines = b"".join(map(line_of, sample_trace(7).spans))
    ...     _ = Path(directory, "sample.jsonl").write_bytes(lines)
    ...     with TraceIndex(Path(directory)) as index:
    ...         _ = index.refresh()
    ...         [call.error for call in index.find(TraceQuery(error="exhausted"), of="call")]
    ['AttemptsExhaustedError: no value in a red bicycle']
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.expanduser()
        """Where the traces are."""
        self._database = open_database(self.directory)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the index."""
        self._database.close()

    def refresh(self) -> int:
        """Read what is new in the directory; return how many files had anything new.

        Files that cannot be read stay out.
        """
        return self._safely(self._refresh)

    def traces(self) -> tuple[TraceSummary, ...]:
        """Return all traces, the newest first."""
        return self.find(TraceQuery())

    @overload
    def find(self, query: TraceQuery, *, of: Literal["trace"] = "trace") -> tuple[TraceSummary, ...]: ...
    @overload
    def find(self, query: TraceQuery, *, of: Literal["call"]) -> tuple[CallSummary, ...]: ...
    def find(
        self, query: TraceQuery, *, of: Literal["trace", "call"] = "trace"
    ) -> tuple[TraceSummary, ...] | tuple[CallSummary, ...]:
        """Return the traces, or the calls, for which all conditions hold, the newest first.

        Raises:
            ConfigurationError: a comparison of a hyperparameter cannot be understood.
        """
        if of == "call":
            calls = conditions_on_calls(query)
            return tuple(map(self._call, self._safely(lambda: self._rows(_CALLS, calls, "calls.started"))))
        traces = conditions_on_traces(query)
        return tuple(map(self._trace, self._safely(lambda: self._rows(_TRACES, traces, "files.started"))))

    def _refresh(self) -> int:
        paths = sorted(path for path in self.directory.glob("*.jsonl") if path.is_file())
        present = {os.fsencode(path.name) for path in paths}
        known = {name for (name,) in self._database.execute("SELECT name FROM files")}
        for name in known - present:
            forget_file(self._database, name)
        return sum(map(self._read, paths))

    def _read(self, path: Path) -> bool:
        try:
            return read_file(self._database, path)
        except OSError:
            return False

    def _rows(self, select: str, conditions: Sequence[Condition], order: str) -> list[tuple[Any, ...]]:
        wanted = "".join(f" AND {one.sql}" for one in conditions)
        values = [value for one in conditions for value in one.values]
        return self._database.execute(f"{select}{wanted} ORDER BY {order} DESC, files.name DESC", values).fetchall()

    def _safely(self, work: Callable[[], T]) -> T:
        """Do something with the database; where that is damaged, make it anew; where it is locked, do without it."""
        try:
            return work()
        except sqlite3.DatabaseError as error:
            self._database.close()
            busy = isinstance(error, sqlite3.OperationalError) and not str(error).startswith("no such")
            self._database = in_memory() if busy else make_anew(self.directory)
        try:
            self._refresh()
            return work()
        except sqlite3.DatabaseError:
            self._database.close()
            self._database = in_memory()
            self._refresh()
            return work()

    def _trace(self, row: tuple[Any, ...]) -> TraceSummary:
        title, trace, name, started, *figures, errors, ended, modified = row
        path, (seconds, calls, chats, actions, tokens, said, cost) = self.directory / os.fsdecode(name), figures
        state: TraceState = "finished" if ended is not None else _state(path, modified)
        begun = _moment(started)
        counts = (calls, chats, actions)
        return TraceSummary(title, trace, path, begun, seconds, *counts, tokens, said, cost, errors, state)

    def _call(self, row: tuple[Any, ...]) -> CallSummary:
        name, title, span, function, started, *figures = row
        return CallSummary(self.directory / os.fsdecode(name), title, span, function, _moment(started), *figures)


def _state(path: Path, modified: int) -> TraceState:
    """The state of a trace whose session has no end."""
    held = is_held(path)
    writes = time.time_ns() - modified < _QUIET * 10**9 if held is None else held
    return "running" if writes else "stopped"


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
