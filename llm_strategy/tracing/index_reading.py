"""Reading trace files into an index: only what was appended since the last time, where that can be told."""

from __future__ import annotations

import json
import os
import sys
from hashlib import sha256
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from pydantic_core import to_json

from llm_strategy.tracing import semconv
from llm_strategy.tracing.calls import calls_of, error_of
from llm_strategy.tracing.flat_values import flat_values
from llm_strategy.tracing.records import SpanRecord, read_lines
from llm_strategy.tracing.totals import totals_of
from llm_strategy.tracing.tree import tree_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from llm_strategy.tracing.calls import CallRow
    from llm_strategy.tracing.records import Kind, Status

__all__ = ["forget_file", "read_file"]

_KEPT = (
    semconv.FUNCTION,
    semconv.ATTEMPT,
    semconv.RETRY,
    semconv.INPUT_TOKENS,
    semconv.OUTPUT_TOKENS,
    semconv.COST,
    semconv.CACHE_HIT,
    semconv.ERROR_TYPE,
    semconv.HYPERPARAMETERS_HASH,
)
_MARKED = 1024
_LARGEST = 2**63 - 1
_ADD_SPAN = """
INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (file, span) DO UPDATE SET
    trace = excluded.trace, parent = excluded.parent, kind = excluded.kind, name = excluded.name,
    started = excluded.started, ended = excluded.ended, status = excluded.status, message = excluded.message,
    attributes = excluded.attributes
WHERE spans.ended IS NULL OR excluded.ended IS NOT NULL
"""
_DERIVED = (
    "DELETE FROM spans WHERE file = ?",
    "DELETE FROM settings WHERE file = ?",
    "DELETE FROM calls WHERE file = ?",
    "DELETE FROM failures WHERE file = ?",
)


class _Known(NamedTuple):
    """What the index knows of a file."""

    id: int
    read: int
    size: int
    modified: int
    inode: str
    mark: bytes


def read_file(database: sqlite3.Connection, path: Path) -> bool:
    """Read what is new in a trace file; return whether there was anything.

    All of it happens in one transaction, which begins before it is looked what other processes have read.

    Raises:
        OSError: the file cannot be read.
        sqlite3.DatabaseError: the index cannot be written.
    """
    name = os.fsencode(path.name)
    if _is_current(_known(database, name), path.stat()):
        return False
    with path.open("rb") as file:
        database.execute("BEGIN IMMEDIATE")
        try:
            _read(database, name, path.stem, file)
        except BaseException:
            database.execute("ROLLBACK")
            raise
        database.execute("COMMIT")
    return True


def forget_file(database: sqlite3.Connection, name: bytes) -> None:
    """Forget a file that is no more there."""
    known = _known(database, name)
    if known is not None:
        for statement in (*_DERIVED, "DELETE FROM files WHERE id = ?"):
            database.execute(statement, (known.id,))


def _known(database: sqlite3.Connection, name: bytes) -> _Known | None:
    row = database.execute("SELECT id, read, size, modified, inode, mark FROM files WHERE name = ?", (name,)).fetchone()
    return None if row is None else _Known(*row)


def _is_current(known: _Known | None, found: os.stat_result) -> bool:
    place = str(found.st_ino)
    return known is not None and (known.size, known.modified, known.inode) == (found.st_size, found.st_mtime_ns, place)


def _read(database: sqlite3.Connection, name: bytes, stem: str, file: IO[bytes]) -> None:
    found = os.fstat(file.fileno())
    known = _known(database, name)
    if _is_current(known, found):
        return  # another process was faster
    start = known.read if known is not None and _has_grown(known, found, file) else 0
    if known is None:
        added = database.execute(
            "INSERT INTO files (name, read, size, modified, inode, mark) VALUES (?, 0, 0, 0, '', x'')", (name,)
        )
        number = cast("int", added.lastrowid)
    else:
        number = known.id
        if start == 0:
            for statement in _DERIVED:
                database.execute(statement, (number,))
    lines = _Lines(file, start)
    _take(database, number, read_lines(lines))
    _sum_up(database, number, stem)
    database.execute(
        "UPDATE files SET read = ?, size = ?, modified = ?, inode = ?, mark = ? WHERE id = ?",
        (lines.read, found.st_size, found.st_mtime_ns, str(found.st_ino), _mark(file, lines.read), number),
    )


def _has_grown(known: _Known, found: os.stat_result, file: IO[bytes]) -> bool:
    """Whether a file is what was read the last time, with something appended; else it was replaced, or written anew."""
    grown = found.st_size > known.size and known.inode == str(found.st_ino)
    return grown and _mark(file, known.read) == known.mark


def _mark(file: IO[bytes], read: int) -> bytes:
    """Return a hash of the beginning and the end of what was read."""
    file.seek(0)
    begin = file.read(min(_MARKED, read))
    file.seek(max(0, read - _MARKED))
    return sha256(begin + file.read(min(_MARKED, read))).digest()


class _Lines:
    """The lines of a file; what comes after the last line break counts as read only when that has come as well."""

    def __init__(self, file: IO[bytes], start: int) -> None:
        self.read = start
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(self.read)
        for line in self._file:
            if line.endswith(b"\n"):
                self.read += len(line)
            yield line


def _take(database: sqlite3.Connection, file: int, spans: Iterable[SpanRecord]) -> None:
    rows = database.execute("SELECT DISTINCT hash FROM settings WHERE file = ?", (file,))
    hashes = {row[0] for row in rows}
    for span in spans:
        kept = {name: span.attributes[name] for name in _KEPT if name in span.attributes}
        digest = span.text(semconv.HYPERPARAMETERS_HASH)
        if digest and digest not in hashes and semconv.HYPERPARAMETERS in span.attributes:
            hashes.add(digest)
            _set(database, file, digest, span.data(semconv.HYPERPARAMETERS))
        if span.kind == "session" and semconv.HYPERPARAMETERS_OPERATIVE in span.attributes:
            _set(database, file, "", span.data(semconv.HYPERPARAMETERS_OPERATIVE))
        told = to_json(kept, inf_nan_mode="constants").decode()
        whole = (file, span.span, span.trace, span.parent, span.kind, span.name, span.start, span.end, span.status)
        database.execute(_ADD_SPAN, (*whole, span.message, told))


def _set(database: sqlite3.Connection, file: int, digest: str, values: object) -> None:
    flat = flat_values(cast("dict[str, Any]", values)) if isinstance(values, dict) else ()
    database.executemany(
        "INSERT OR REPLACE INTO settings VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (
                file,
                digest,
                _bindable(one.full_name),
                _bindable(one.function),
                _bindable(one.name),
                _bindable(one.value if isinstance(one.value, str) else one.json),
                _real(one.value),
            )
            for one in flat
        ),
    )


def _sum_up(database: sqlite3.Connection, file: int, stem: str) -> None:
    """Write what all spans of a file come to."""
    spans = sorted(_spans(database, file), key=lambda span: span.start)
    if not spans:
        return
    tree, totals = tree_of(spans), totals_of(spans)
    sessions = [span for span in spans if span.kind == "session"]
    ends = [span.end for span in sessions]
    first = sessions[0] if sessions else spans[0]
    database.execute(
        "UPDATE files SET trace = ?, title = ?, started = ?, ended = ?, seconds = ?, calls = ?, chats = ?,"
        " actions = ?, input_tokens = ?, output_tokens = ?, cost = ?, errors = ? WHERE id = ?",
        (
            first.trace,
            first.name if sessions else _bindable(stem),
            spans[0].start,
            None if not ends or None in ends else max(end for end in ends if end is not None),
            totals.seconds,
            totals.calls,
            totals.chats,
            totals.actions,
            None if totals.unmeasured else min(totals.input_tokens, _LARGEST),
            None if totals.unmeasured else min(totals.output_tokens, _LARGEST),
            totals.cost,
            totals.errors,
            file,
        ),
    )
    hashes = {span.span: span.text(semconv.HYPERPARAMETERS_HASH) for span in spans if span.kind == "function"}
    database.execute("DELETE FROM calls WHERE file = ?", (file,))
    database.executemany(
        "INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (_call(file, call, hashes[call.span]) for call in calls_of(tree)),
    )
    database.execute("DELETE FROM failures WHERE file = ?", (file,))
    within: dict[int, str] = {-1: ""}  # the call around, by depth
    for depth, node in tree.walk():
        within[depth] = node.span.span if node.span.kind == "function" else within[depth - 1]
        if node.span.failed:
            values = (file, within[depth], error_of(node.span))
            database.execute("INSERT INTO failures VALUES (?, ?, ?)", values)


def _call(file: int, call: CallRow, digest: str) -> tuple[str | float | None, ...]:
    tokens = (None if n is None else min(n, _LARGEST) for n in (call.input_tokens, call.output_tokens))
    return (
        file,
        call.span,
        call.name,
        call.start,
        call.seconds,
        call.error,
        *tokens,
        call.cost,
        call.retries,
        digest,
    )


def _spans(database: sqlite3.Connection, file: int) -> Iterator[SpanRecord]:
    columns = "trace, span, parent, name, kind, started, ended, status, message, attributes"
    query = f"SELECT {columns} FROM spans WHERE file = ? ORDER BY rowid"  # noqa: S608 (a constant)
    for trace, span, parent, name, kind, start, end, status, message, told in database.execute(query, (file,)):
        levels = cast("tuple[Kind, Status]", (kind, status))
        attributes = json.loads(told)
        yield SpanRecord(trace, span, parent, name, levels[0], start, end, levels[1], message, attributes)


def _real(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= sys.float_info.max else None


def _bindable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
