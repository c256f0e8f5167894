"""SQLite files: one way to open them, to change them, and to read what they hold.

Covered: a process that is killed at any moment; a loss of power, which may cost the last changes of a file that is not
`durable`, and leaves it whole; several processes at once (changes take turns, reading waits for nobody); files of other
programs and other versions; cells of a wrong type. Not covered: somebody who forges cells of the right type; a folder
in a network whose locks do not hold.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import StoredDataError, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["Database", "Layout"]

_MEMORY = ":memory:"
_PATIENCE = 30
"""Seconds to wait for another process that is changing the file."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file holds, and how it is told from others."""

    what: str
    """Its name in messages."""
    application: int
    """Tells the file from those of other programs."""
    version: int
    """To be raised with each change of the tables."""
    tables: str
    """SQL that makes them."""
    durable: bool = True
    """Whether a change is on the disk when it is made: it outlives a loss of power then, and takes as long as that."""


class Database:
    """One SQLite file. Threads take turns; so do processes, in their transactions.

    Args:
        path: the file, made where it is missing; None for one in memory, which is gone when it is closed.
        layout: what it has to hold.
        reading: leave everything as it is: nothing is made, and nothing can be changed.

    Raises:
        StoredDataError: the file is none of this kind, or of another version.
        WorkspaceError: it cannot be opened or written.
    """

    def __init__(self, path: Path | None, layout: Layout, *, reading: bool = False) -> None:
        self._path, self._layout = _MEMORY if path is None else str(path), layout
        self._lock = RLock()
        with self._told():
            self._connection = _connect(_MEMORY) if path is None else _connected(path, reading=reading)
            try:
                self._open(reading=reading)
            except BaseException:
                self.close()
                raise

    def _open(self, *, reading: bool) -> None:
        self._connection.execute("PRAGMA trusted_schema = OFF")
        if reading:
            self._check()
            return
        self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if self._layout.durable else 'NORMAL'}")
        with self.transaction():
            if self._found() == [0, 0] and not self._pragma("schema_version"):
                for statement in filter(str.strip, self._layout.tables.split(";")):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA application_id = {self._layout.application}")
                self._connection.execute(f"PRAGMA user_version = {self._layout.version}")
            self._check()

    def _check(self) -> None:
        if self._found() != [self._layout.application, self._layout.version]:
            raise StoredDataError(
                f"{self._path!r} is no {self._layout.what} of this version of the library. Move it away."
            )

    def _found(self) -> list[Any]:
        return [self._pragma(name) for name in ("application_id", "user_version")]

    def _pragma(self, name: str) -> Any:
        return self._connection.execute(f"PRAGMA {name}").fetchone()[0]

    @contextmanager
    def _told(self) -> Generator[None]:
        """Raise what SQLite says as errors of the library."""
        try:
            yield
        except sqlite3.ProgrammingError:
            raise  # it was closed: a mistake of the program, not of the file
        except sqlite3.OperationalError as error:
            raise WorkspaceError(
                f"The {self._layout.what} {self._path!r} cannot be used: {error}. Make room, or allow writing "
                "there, or wait for the end of another run."
            ) from error
        except sqlite3.DatabaseError as error:
            raise StoredDataError(
                f"The {self._layout.what} {self._path!r} cannot be read: {error}. Move it away."
            ) from error

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Change the file as a whole or not at all; one inside of another is a part of it. Others wait meanwhile.

        Raises:
            WorkspaceError: the file cannot be written, or another process keeps it.
        """
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            with self._told():
                self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                with self._told():
                    self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def change(self, statement: str, *values: Any) -> int:
        """Execute a statement, and return the number of the row that it made last."""
        with self._lock, self._told():
            return self._connection.execute(statement, values).lastrowid or 0

    def rows(self, types: tuple[Any, ...], statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return rows whose cells are of these types. Raises StoredDataError: one is not."""
        with self._lock, self._told():
            found: list[tuple[Any, ...]] = self._connection.execute(statement, values).fetchall()
        for row in found:
            for cell, expected in zip(row, types, strict=True):
                if not isinstance(cell, expected):
                    raise StoredDataError(
                        f"The {self._layout.what} {self._path!r} is damaged: {type(cell).__name__} where "
                        f"{getattr(expected, '__name__', expected)} has to be. Move it away."
                    )
        return found

    def close(self) -> None:
        """Close the file."""
        with closing(self._connection):
            pass


def _connected(path: Path, *, reading: bool) -> sqlite3.Connection:
    place = path.absolute().as_uri()
    form = f"{place}?mode={'ro' if reading else 'rwc'}"
    connection = _connect(form)
    if not reading:
        return connection
    try:
        connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if path.with_name(f"{path.name}-wal").exists() or not path.exists():
            raise
        # Nobody can be writing where nothing can be written: the file is read without the locks kept beside it.
        return _connect(f"{place}?mode=ro&immutable=1")
    return connection


def _connect(form: str) -> sqlite3.Connection:
    return sqlite3.connect(form, uri=True, isolation_level=None, check_same_thread=False, timeout=_PATIENCE)
