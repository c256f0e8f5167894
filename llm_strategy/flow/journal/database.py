"""The file of a journal: SQLite with a write-ahead log, for its owner only.

Covered: a program that is killed at any moment (`synchronous=NORMAL`: a commit is in the system's hands when it
returns), files of other programs and of other versions, files that are cut off, empty or damaged in a way that SQLite
or a checksum sees: each is a `JournalError`, and nothing is paid again without a word. A finished run is also safe
from a loss of power. Not covered: a loss of power in the middle of a run takes the last moments with it; somebody who
removes the `-wal` file beside the journal of a killed run; somebody who forges rows, checksums included.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["APPLICATION", "VERSION", "open_journal", "settle", "told_by_path"]

APPLICATION = 0x6C6C734A
VERSION = 1
"""To be raised with each change of the tables."""
_MAGIC = b"SQLite format 3\0"
_CHECKED_WHOLE = 50_000_000
"""Up to this size of a file its indexes are checked against its tables: beyond it, that takes seconds."""
_TABLES = f"""
CREATE TABLE runs (id INTEGER PRIMARY KEY, began REAL NOT NULL, ended REAL);
CREATE TABLE flows (
    id INTEGER PRIMARY KEY, inside INTEGER NOT NULL, ordinal INTEGER NOT NULL, alone INTEGER NOT NULL,
    run INTEGER NOT NULL
);
CREATE INDEX flows_in_order ON flows (inside, ordinal);
CREATE TABLE steps (
    id INTEGER PRIMARY KEY, flow INTEGER NOT NULL, place TEXT NOT NULL, kind TEXT NOT NULL,
    fingerprint TEXT NOT NULL, about TEXT NOT NULL, run INTEGER NOT NULL, began REAL NOT NULL, ended REAL,
    partial INTEGER NOT NULL DEFAULT 0, answer TEXT, digest INTEGER, UNIQUE (flow, place)
);
CREATE INDEX steps_by_request ON steps (fingerprint, place, flow);
CREATE TABLE failures (
    flow INTEGER NOT NULL, place TEXT NOT NULL, number INTEGER NOT NULL, fingerprint TEXT NOT NULL,
    run INTEGER NOT NULL, declined TEXT, error TEXT NOT NULL, PRIMARY KEY (flow, place, number)
) WITHOUT ROWID;
CREATE INDEX failures_by_form ON failures (declined) WHERE declined IS NOT NULL;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""


def open_journal(path: Path, *, reading: bool = False) -> sqlite3.Connection:
    """Open a journal; make it where there is none, unless it is only to be read.

    Raises:
        JournalError: it cannot be used, and why.
    """
    with told_by_path(path):
        if not reading and not path.exists():
            _make(path)
        _check_head(path)
        mode = "ro" if reading else "rw"
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            _check(connection, path)
            if not reading:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("BEGIN IMMEDIATE")  # fails here, not later, where the file cannot be written to
                connection.execute("ROLLBACK")
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def told_by_path(path: Path) -> Generator[None]:
    """Raise what goes wrong with a journal as a JournalError that says so."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise JournalError(
            f"Journal {str(path)!r} cannot be used: {error}. Nothing was lost of what it held: make room, or allow "
            "writing there, and run the program again."
        ) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(path, str(error)) from error
    except OSError as error:
        raise JournalError(f"Journal {str(path)!r} cannot be used: {error.strerror}.") from error


def _make(path: Path) -> None:
    """Make a journal beside its place and put it there whole: an empty file is never the journal of a killed run."""
    beginning = path.with_name(f"{path.name}.new")
    beginning.unlink(missing_ok=True)
    os.close(os.open(beginning, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(beginning, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(f"BEGIN; {_TABLES} COMMIT;")
    beginning.rename(path)


def _check_head(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(len(_MAGIC))
    if head != _MAGIC:
        found = "is empty" if not head else "is no journal, but some other file"
        raise JournalError(f"{str(path)!r} {found}. Name another file, or delete this one to begin anew.")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    application, version = (_pragma(connection, name) for name in ("application_id", "user_version"))
    if application != APPLICATION:
        raise JournalError(f"{str(path)!r} is a database of another program, and no journal. Name another file.")
    if version != VERSION:
        age = "a newer" if isinstance(version, int) and version > VERSION else "another"
        raise JournalError(
            f"Journal {str(path)!r} has the format {version} of {age} version of llm-strategy; this one reads "
            f"{VERSION}. Finish the run with that version, or delete the file to begin anew."
        )
    extent = "integrity_check" if path.stat().st_size <= _CHECKED_WHOLE else "quick_check"
    found = _pragma(connection, f"{extent}(1)")
    if found != "ok":
        raise _damaged(path, str(found))


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _damaged(path: Path, why: str) -> JournalError:
    return JournalError(
        f"Journal {str(path)!r} is damaged: {' '.join(why.split())}. What it holds cannot be trusted, and nothing was "
        "asked anew. Restore it from a copy, or delete it together with its -wal file to begin anew."
    )


def settle(connection: sqlite3.Connection) -> None:
    """Bring all that was written from the write-ahead log to the file, and to the disk."""
    with suppress(sqlite3.Error):  # it stays in the log then, where it is as good
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
