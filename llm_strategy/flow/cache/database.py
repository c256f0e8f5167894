"""The file behind a cache: an SQLite database in WAL mode that several processes read and write at once.

Nothing in the file is trusted: its tables must be those that were made here, word by word, so that no trigger or view
of somebody else runs, and no value is used before it was checked.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.flow.cache.trouble import ForeignFileError, trouble_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PATIENCE", "Database", "move_aside", "open_database", "writing"]

PATIENCE = 5.0
"""Seconds to wait for another process that writes."""
_APPLICATION = 0x6C6C7343
_VERSION = 1
"""To be raised with each change of the tables."""
_LONGEST = 64 * 2**20
"""Bytes of the largest value that is read; larger ones are not stored."""
_TABLES = (
    """CREATE TABLE replies (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, model TEXT NOT NULL, asker TEXT NOT NULL,
    created REAL NOT NULL, used REAL NOT NULL, hits INTEGER NOT NULL, size INTEGER NOT NULL, tokens INTEGER NOT NULL,
    cost REAL, digest TEXT NOT NULL, data TEXT NOT NULL
)""",
    "CREATE INDEX replies_by_use ON replies (used, size)",
    """CREATE TABLE leases (
    key TEXT PRIMARY KEY, token TEXT NOT NULL, machine TEXT NOT NULL, process INTEGER NOT NULL, expires REAL NOT NULL
) WITHOUT ROWID""",
    "CREATE TABLE totals (id INTEGER PRIMARY KEY, entries INTEGER NOT NULL, bytes INTEGER NOT NULL)",
    """CREATE TRIGGER added AFTER INSERT ON replies BEGIN
    UPDATE totals SET entries = entries + 1, bytes = bytes + new.size;
END""",
    """CREATE TRIGGER changed AFTER UPDATE OF size ON replies BEGIN
    UPDATE totals SET bytes = bytes + new.size - old.size;
END""",
    """CREATE TRIGGER removed AFTER DELETE ON replies BEGIN
    UPDATE totals SET entries = entries - 1, bytes = bytes - old.size;
END""",
)
_FILES = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Database:
    """The open file: one connection to read, which never waits for those who write, and one to write."""

    reader: sqlite3.Connection
    """For looking things up."""
    writer: sqlite3.Connection | None
    """For changes; None where the file cannot be written to."""
    inode: int
    """Which file it is: another one may have taken its name since."""
    readonly: Exception | None = None
    """Why it cannot be written to."""

    def close(self) -> None:
        """Close the connections."""
        for connection in (self.reader, self.writer):
            if connection is not None:
                with suppress(sqlite3.Error):
                    connection.close()


def open_database(path: Path, patience: float = PATIENCE) -> Database:
    """Open the file of a cache, which is made where there is none.

    Raises:
        sqlite3.Error, OSError: it cannot be opened.
        ForeignFileError: it is a database of another program.
    """
    try:
        writer = _writer(path, patience)
    except (OSError, sqlite3.Error) as error:
        if trouble_of(error) not in {"read-only", "full"} or not path.is_file() or not path.stat().st_size:
            raise
        return Database(_readonly(path), None, path.stat().st_ino, error)
    try:
        return Database(_connected(path, patience=2.0), writer, path.stat().st_ino)
    except BaseException:
        writer.close()
        raise


def move_aside(path: Path, inode: int | None) -> str:
    """Give a damaged file another name, where it still is the one that was opened; return that name.

    Raises:
        OSError: that is not possible.
    """
    if inode is not None and path.stat().st_ino != inode:
        return path.name  # another process has moved it
    aside = f"{path.name}.damaged-{time.time_ns():x}"
    for end in _FILES:
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(path.with_name(aside + end))
    return aside


class writing:  # noqa: N801 (reads as a verb: `with writing(connection)`)
    """A transaction that begins with the lock of all that write, and leaves nothing half done."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if kind is None:
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._undo()
                raise
        else:
            self._undo()

    def _undo(self) -> None:
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _writer(path: Path, patience: float) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # For nobody else: SQLite gives its other files the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = _connected(path, patience)
    try:
        _made_ours(connection)
        _in_wal_mode(connection, patience)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA journal_size_limit = 16777216")
        with writing(connection):  # fails here, not later, where the file cannot be written to
            connection.execute("UPDATE totals SET id = 1 WHERE id = 1")
    except BaseException:
        connection.close()
        raise
    return connection


def _connected(path: Path, patience: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
    return _careful(connection)


def _careful(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def _readonly(path: Path) -> sqlite3.Connection:
    """Open a file that cannot be written to; where its folder cannot either, as one that nobody changes."""
    for how in ("mode=ro", "mode=ro&immutable=1"):
        connection = sqlite3.connect(
            f"{path.as_uri()}?{how}", uri=True, timeout=2.0, isolation_level=None, check_same_thread=False
        )
        try:
            _careful(connection)
            _check_ours(connection)
        except sqlite3.Error as error:
            connection.close()
            if how != "mode=ro" or trouble_of(error) == "damaged":
                raise
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise sqlite3.OperationalError("unable to open database file")  # pragma: no cover (the loop returns or raises)


def _made_ours(connection: sqlite3.Connection) -> None:
    if _is_empty(connection):
        with writing(connection):
            if _is_empty(connection):  # still: another process may have been faster
                for statement in _TABLES:
                    connection.execute(statement)
                connection.execute("INSERT INTO totals VALUES (1, 0, 0)")
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {_VERSION}")
    _check_ours(connection)


def _is_empty(connection: sqlite3.Connection) -> bool:
    found: int = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return found == 0 and _marks(connection) == [0, 0]


def _check_ours(connection: sqlite3.Connection) -> None:
    application, version = _marks(connection)
    if application != _APPLICATION:
        raise ForeignFileError(f"its application id is {application:#x}")
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    if version != _VERSION or sorted(str(row[0]) for row in rows) != sorted(_TABLES):
        changed = sqlite3.DatabaseError("its tables are not those of this version")
        changed.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise changed


def _marks(connection: sqlite3.Connection) -> list[int]:
    return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]


def _in_wal_mode(connection: sqlite3.Connection, patience: float) -> None:
    """Switch to WAL mode; SQLite does not wait for others with that, so it is tried again."""
    until = time.monotonic() + patience
    while True:
        try:
            with closing(connection.execute("PRAGMA journal_mode = WAL")) as cursor:
                cursor.fetchone()
        except sqlite3.OperationalError as error:
            if trouble_of(error) != "locked" or time.monotonic() > until:
                raise
            time.sleep(0.005)
        else:
            return
