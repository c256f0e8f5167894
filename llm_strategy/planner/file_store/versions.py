"""Every version of every file, and the changes that made them, in SQLite beside the files.

Texts are kept by their hash, each one once. A change is written down as a whole before the first file is touched: where
the process is killed in between, the next one to open the store puts the rest of the files into place.
"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import StoredDataError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["Change", "Version", "Versions", "digest_of"]

_APPLICATION: Final = 0x6C6C7346
_VERSION: Final = 1
_TABLES: Final = f"""
CREATE TABLE texts (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE changes (
    id INTEGER PRIMARY KEY, step TEXT NOT NULL, made REAL NOT NULL, kind TEXT NOT NULL, done INTEGER NOT NULL,
    about TEXT NOT NULL
);
CREATE TABLE versions (
    change INTEGER NOT NULL REFERENCES changes (id), path TEXT NOT NULL, digest TEXT REFERENCES texts (digest),
    PRIMARY KEY (path, change)
) WITHOUT ROWID;
CREATE INDEX versions_by_change ON versions (change);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
"""


def digest_of(data: bytes) -> str:
    """Return the name of a text: its SHA-256 in hexadecimal digits."""
    return sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Version:
    """One state of one file."""

    change: int
    """Number of the change that made it."""
    path: str
    """The file."""
    digest: str | None
    """SHA-256 of its bytes; None where the file was deleted."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to the workspace as a whole."""

    number: int
    """From 1 on."""
    step: str
    """Who asked for it: the id of an instruction, say."""
    made: float
    """When, in seconds since 1970."""
    kind: str
    """`edits` that were applied, `refused` ones, or what was found changed `outside` of the store."""
    about: str
    """JSON: of refused edits all of them with their problems, otherwise the edits as they were asked for."""


class Versions:
    """The database of a store. One process writes at a time; threads take turns.

    Raises:
        StoredDataError: the file is none of this kind, or of another version.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        try:
            self._open(path)
        except sqlite3.DatabaseError as error:
            self.close()
            raise StoredDataError(f"The history {str(path)!r} cannot be read: {error}. Move it away.") from error
        except BaseException:
            self.close()
            raise

    def _open(self, path: Path) -> None:
        self._connection.execute("PRAGMA trusted_schema = OFF")
        self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
        self._connection.execute("PRAGMA synchronous = NORMAL")
        with self._transaction():
            found = [self._one(f"PRAGMA {name}")[0] for name in ("application_id", "user_version")]
            if found == [0, 0] and not self._one("SELECT count(*) FROM sqlite_master")[0]:
                for statement in filter(str.strip, _TABLES.split(";")):
                    self._connection.execute(statement)
            elif found != [_APPLICATION, _VERSION]:
                raise StoredDataError(f"{str(path)!r} is no history of this version of the library. Move it away.")

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _one(self, statement: str, *values: Any) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return () if row is None else row

    def begin(
        self, step: str, kind: str, files: Mapping[str, bytes | None], about: object = None, *, done: bool = False
    ) -> int:
        """Write a change down, with the files that it makes, and return its number."""
        with self._transaction():
            number = self._connection.execute(
                "INSERT INTO changes (step, made, kind, done, about) VALUES (?, ?, ?, ?, ?)",
                (step, time.time(), kind, int(done), json.dumps(about, ensure_ascii=True)),
            ).lastrowid
            for path, data in files.items():
                digest = None if data is None else digest_of(data)
                if data is not None:
                    self._connection.execute("INSERT OR IGNORE INTO texts VALUES (?, ?)", (digest, data))
                self._connection.execute("INSERT INTO versions VALUES (?, ?, ?)", (number, path, digest))
        return number or 0

    def finish(self, number: int) -> None:
        """Say that the files of a change are in place."""
        self._connection.execute("UPDATE changes SET done = 1 WHERE id = ?", (number,))

    def unfinished(self) -> Iterable[tuple[int, dict[str, bytes | None]]]:
        """Return the changes that were written down, and perhaps not carried out, oldest first."""
        numbers = self._connection.execute("SELECT id FROM changes WHERE NOT done ORDER BY id").fetchall()
        return [(number, {one.path: self.text(one.digest) for one in self.of_change(number)}) for (number,) in numbers]

    def of_change(self, number: int) -> list[Version]:
        """Return the versions that a change made."""
        return list(self._versions("change = ? ORDER BY path", number))

    def of_path(self, path: str) -> list[Version]:
        """Return the versions of a file, oldest first."""
        return list(self._versions("path = ? ORDER BY change", path))

    def latest(self) -> dict[str, str | None]:
        """Return the digest of each known file's last version; None for a deleted one."""
        return {
            one.path: one.digest
            for one in self._versions(
                "change = (SELECT max(change) FROM versions AS all_ WHERE all_.path = versions.path)"
            )
        }

    def _versions(self, condition: str, *values: Any) -> Iterator[Version]:
        statement = f"SELECT change, path, digest FROM versions WHERE {condition}"  # noqa: S608 (only texts above)
        for row in self._connection.execute(statement, values).fetchall():
            yield Version(*row)

    def changes(self) -> list[Change]:
        """Return all changes, oldest first."""
        rows = self._connection.execute("SELECT id, step, made, kind, about FROM changes ORDER BY id")
        return [Change(*row) for row in rows.fetchall()]

    def text(self, digest: str | None) -> bytes | None:
        """Return a text by its digest. Raises StoredDataError: it is not there, or damaged."""
        if digest is None:
            return None
        row = self._one("SELECT bytes FROM texts WHERE digest = ?", digest)
        if not row or not isinstance(row[0], bytes) or digest_of(row[0]) != digest:
            raise StoredDataError(f"The history holds no whole text {digest[:12]!r}.")
        return row[0]

    def close(self) -> None:
        """Close the database."""
        with closing(self._connection):
            pass
