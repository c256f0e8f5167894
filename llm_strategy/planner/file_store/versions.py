"""Every version of every file, and the changes that made them, in SQLite beside the files.

Texts are kept by their hash, each one once. A change is written down as a whole before the first file is touched: where
the process is killed in between, the next one puts the rest of the files into place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import StoredDataError
from llm_strategy.files.database import Database, Layout
from llm_strategy.planner.file_store.changes import Change, Version, digest_of, json_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

__all__ = ["Versions"]

_LAYOUT: Final = Layout(
    what="history",
    application=0x6C6C7346,
    version=2,
    tables="""
CREATE TABLE texts (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE changes (
    id INTEGER PRIMARY KEY, step TEXT NOT NULL, key TEXT NOT NULL, made REAL NOT NULL, kind TEXT NOT NULL,
    done INTEGER NOT NULL, about TEXT NOT NULL
);
CREATE INDEX changes_by_key ON changes (key) WHERE key <> '';
CREATE INDEX changes_to_do ON changes (id) WHERE NOT done;
CREATE TABLE versions (
    change INTEGER NOT NULL REFERENCES changes (id), path TEXT NOT NULL, digest TEXT REFERENCES texts (digest),
    PRIMARY KEY (path, change)
) WITHOUT ROWID;
CREATE INDEX versions_by_change ON versions (change);
""",
)
_CHANGE: Final = (int, str, str, (int, float), str, str)
_CHANGE_CELLS: Final = "id, step, key, made, kind, about"


class Versions:
    """The database of a store. Processes and threads take turns, a transaction each.

    Raises:
        StoredDataError: the file is none of this kind, or of another version.
        WorkspaceError: it cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _LAYOUT)

    def transaction(self) -> AbstractContextManager[None]:
        """Change what follows as a whole or not at all, while others wait. Raises WorkspaceError."""
        return self._database.transaction()

    def add(self, change: Change, files: Mapping[str, bytes | None], *, done: bool) -> int:
        """Write a change down, with the files that it makes, and return its number."""
        with self.transaction():
            number = self._database.change(
                "INSERT INTO changes (step, key, made, kind, done, about) VALUES (?, ?, ?, ?, ?, ?)",
                *(change.step, change.key, change.made, change.kind, int(done), change.about),
            )
            for path, data in files.items():
                digest = None if data is None else digest_of(data)
                if data is not None:
                    self._database.change("INSERT OR IGNORE INTO texts VALUES (?, ?)", digest, data)
                self._database.change("INSERT INTO versions VALUES (?, ?, ?)", number, path, digest)
        return number

    def finish(self, number: int) -> None:
        """Say that the files of a change are in place."""
        self._database.change("UPDATE changes SET done = 1 WHERE id = ?", number)

    def give_up(self, number: int, about: object) -> None:
        """Say that a change was undone, since it could not be carried out: what was asked for stays."""
        with self.transaction():
            self._database.change("DELETE FROM versions WHERE change = ?", number)
            self._database.change(
                "UPDATE changes SET done = 1, kind = 'failed', about = ? WHERE id = ?", json_of(about), number
            )

    def unfinished(self) -> list[Change]:
        """Return the changes that were written down, and perhaps not carried out, oldest first."""
        return self._changes("NOT done ORDER BY id")

    def known(self, key: str) -> list[Change]:
        """Return the changes of a key, the last one first."""
        return self._changes("key = ? AND key <> '' ORDER BY id DESC", key)

    def changes(self) -> list[Change]:
        """Return all changes, oldest first."""
        return self._changes("true ORDER BY id")

    def last_change(self) -> int:
        """Return the number of the last change; 0 where there is none. What changes hold is not read."""
        found: int = self._database.rows((int,), "SELECT coalesce(max(id), 0) FROM changes")[0][0]
        return found

    def _changes(self, condition: str, *values: Any) -> list[Change]:
        statement = f"SELECT {_CHANGE_CELLS} FROM changes WHERE {condition}"  # noqa: S608 (only texts above)
        return [Change(*row) for row in self._database.rows(_CHANGE, statement, *values)]

    def of_change(self, number: int) -> list[Version]:
        """Return the versions that a change made."""
        return list(self._versions("change = ? ORDER BY path", number))

    def of_path(self, path: str) -> list[Version]:
        """Return the versions of a file, oldest first."""
        return list(self._versions("path = ? ORDER BY change", path))

    def before(self, version: Version) -> str | None:
        """Return the digest of a file's version before another one; None where there was no file."""
        found = list(
            self._versions("path = ? AND change < ? ORDER BY change DESC LIMIT 1", version.path, version.change)
        )
        return found[0].digest if found else None

    def last(self, path: str) -> str | None:
        """Return the digest of a file's last version; None where it was deleted, or is not known."""
        found = list(self._versions("path = ? ORDER BY change DESC LIMIT 1", path))
        return found[0].digest if found else None

    def _versions(self, condition: str, *values: Any) -> Iterator[Version]:
        statement = f"SELECT change, path, digest FROM versions WHERE {condition}"  # noqa: S608 (only texts above)
        for row in self._database.rows((int, str, (str, type(None))), statement, *values):
            yield Version(*row)

    def steps_of_paths(self) -> dict[str, frozenset[str]]:
        """Return which steps have made or changed each file."""
        rows = self._database.rows(
            (str, str),
            "SELECT DISTINCT path, step FROM versions JOIN changes ON change = id WHERE kind = 'edits' AND step <> ''",
        )
        found: dict[str, set[str]] = {}
        for path, step in rows:
            found.setdefault(path, set()).add(step)
        return {path: frozenset(steps) for path, steps in sorted(found.items())}

    def text(self, digest: str | None) -> bytes | None:
        """Return a text by its digest. Raises StoredDataError: it is not there, or damaged."""
        if digest is None:
            return None
        rows = self._database.rows((object,), "SELECT bytes FROM texts WHERE digest = ?", digest)
        data: object = rows[0][0] if rows else None
        if not isinstance(data, bytes) or digest_of(data) != digest:
            raise StoredDataError(f"The history holds no whole text {digest[:12]!r}.")
        return data

    def close(self) -> None:
        """Close the database."""
        self._database.close()
