"""The file behind an index of traces.

All in it is derived from trace files: whatever is wrong with it, it is made anew.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DATABASE", "in_memory", "make_anew", "open_database"]

DATABASE = "traces.db"
"""Name of the file, in the directory of the traces."""
_APPLICATION = 0x6C6C7354
_VERSION = 3
"""To be raised with each change of the tables: what another version made is made anew, since it is only derived."""
_PATIENCE = 60.0
"""Seconds to wait for another process that is reading traces."""
_TABLES = f"""
CREATE TABLE files (
    id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, read INTEGER NOT NULL, size INTEGER NOT NULL,
    modified INTEGER NOT NULL, inode TEXT NOT NULL, mark BLOB NOT NULL,
    trace TEXT, title TEXT, started INTEGER, ended INTEGER, seconds REAL, calls INTEGER, chats INTEGER, actions INTEGER,
    input_tokens INTEGER, output_tokens INTEGER, cost REAL, errors INTEGER
);
CREATE TABLE spans (
    file INTEGER NOT NULL, span TEXT NOT NULL, trace TEXT NOT NULL, parent TEXT, kind TEXT NOT NULL, name TEXT NOT NULL,
    started INTEGER NOT NULL, ended INTEGER, status TEXT NOT NULL, message TEXT NOT NULL, attributes TEXT NOT NULL,
    PRIMARY KEY (file, span)
);
CREATE TABLE calls (
    file INTEGER NOT NULL, span TEXT NOT NULL, name TEXT NOT NULL, started INTEGER NOT NULL, seconds REAL,
    error TEXT NOT NULL, input_tokens INTEGER, output_tokens INTEGER, cost REAL,
    retries INTEGER NOT NULL, settings TEXT NOT NULL,
    PRIMARY KEY (file, span)
) WITHOUT ROWID;
CREATE TABLE failures (file INTEGER NOT NULL, call TEXT NOT NULL, error TEXT NOT NULL);
CREATE INDEX failures_of_calls ON failures (file, call);
CREATE TABLE settings (
    file INTEGER NOT NULL, hash TEXT NOT NULL, full_name TEXT NOT NULL, function TEXT NOT NULL, name TEXT NOT NULL,
    text TEXT NOT NULL, number REAL,
    PRIMARY KEY (file, hash, full_name)
) WITHOUT ROWID;
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
"""


def open_database(directory: Path) -> sqlite3.Connection:
    """Open the index of a directory; one in memory where the directory cannot be written to."""
    path = directory / DATABASE
    try:
        return _opened(path)
    except (OSError, sqlite3.OperationalError):
        return in_memory()
    except sqlite3.DatabaseError:  # the file is damaged, or something else
        return make_anew(directory)


def make_anew(directory: Path) -> sqlite3.Connection:
    """Remove the index of a directory, and open an empty one; in memory where that cannot be done."""
    path = directory / DATABASE
    try:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        return _opened(path)
    except (OSError, sqlite3.DatabaseError):
        return in_memory()


def in_memory() -> sqlite3.Connection:
    """Open an index that nobody else sees."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(_TABLES)
    return connection


def _opened(path: Path) -> sqlite3.Connection:
    os.close(
        os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    )  # for nobody else: SQLite gives its other files the same mode
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        if not _is_ours(connection):
            with closing(in_memory()) as empty:
                empty.backup(connection)  # puts an empty index in the place of all that is there, at once
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("PRAGMA synchronous = OFF")  # what a crash of the machine takes is made anew
        connection.execute("BEGIN IMMEDIATE")  # fails here, not later, where the file cannot be written to
        connection.execute("ROLLBACK")
    except BaseException:
        connection.close()
        raise
    return connection


def _is_ours(connection: sqlite3.Connection) -> bool:
    found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    return found == [_APPLICATION, _VERSION]
