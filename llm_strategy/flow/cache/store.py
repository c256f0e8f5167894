"""The store of a cache: what may go wrong with its file never leaves this place; it is a miss then, told once."""

from __future__ import annotations

import sqlite3
import time
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from llm_strategy.flow.cache import database, rows
from llm_strategy.flow.cache.leases import give_lease, is_leased, renew_leases, take_lease
from llm_strategy.flow.cache.trouble import ForeignFileError, Trouble, tell, trouble_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llm_strategy.flow.cache.database import Database
    from llm_strategy.flow.cache.entry import Entry, Found

__all__ = ["Store"]

T = TypeVar("T")

_REST = 30.0
"""Seconds for which a file that cannot be used is left alone."""
_MOST_HITS = 1000
_ERRORS = (sqlite3.Error, OSError, ForeignFileError)


class Store:
    """Replies by key, in a file that other processes use at the same time.

    No method raises because of the file: what is damaged is moved aside and begun anew, what is full or read-only is
    only read, and what cannot be used is left alone for a while. `find` and `is_leased` do not wait for other
    processes; all other methods may, so an event loop has them called in a thread. Safe to use from any thread.
    """

    def __init__(
        self, path: Path, *, patience: float = database.PATIENCE, clock: Callable[[], float] = time.time
    ) -> None:
        self.path = path
        """The file."""
        self._patience = patience
        self._clock = clock
        self._reading, self._writing = Lock(), Lock()
        self._database: Database | None = None
        self._damaged: Exception | None = None
        self._rests_until = self._writes_again = float("-inf")
        self._hits: dict[str, tuple[int, float]] = {}

    @property
    def is_ready(self) -> bool:
        """Whether nothing needs to be opened or mended first."""
        return (self._database is not None and self._damaged is None) or time.monotonic() < self._rests_until

    def open(self) -> None:
        """Open the file, or begin a new one in the place of a damaged one, where that is needed."""
        with self._writing:
            self._opened()

    def close(self) -> None:
        """Write down what was only noted, and close the file; using the store opens it again."""
        if self._hits and self._database is not None:
            self._write(lambda _: None)
        with self._writing, self._reading:
            if self._database is not None:
                self._database.close()
            self._database = None

    def find(self, key: str, ttl: float | None = None) -> Found | None:
        """Return what is stored under a key and not older than `ttl` seconds."""
        found = self._read(lambda connection: rows.find(connection, key, ttl, self._clock()))
        if found is not None:
            self.note_hit(key)
        return found

    def is_leased(self, key: str) -> bool:
        """Whether another process is asking for the reply of a key at the moment."""
        return self._read(lambda connection: is_leased(connection, key, self._clock())) or False

    def claim(self, key: str, token: str, ttl: float | None = None) -> Found | bool:
        """Return what is stored meanwhile, else whether the caller is the one who may ask now."""

        def claimed(connection: sqlite3.Connection) -> Found | bool:
            now = self._clock()
            found = rows.find(connection, key, ttl, now)
            return take_lease(connection, key, token, now) if found is None else found

        result = self._write(claimed)
        if result is not None and not isinstance(result, bool):
            self.note_hit(key)
        return True if result is None else result

    def put(self, entry: Entry, max_bytes: int, token: str = "") -> None:
        """Store a reply, give the lease of its key back, and make room where there is too much."""

        def stored(connection: sqlite3.Connection) -> None:
            rows.put(connection, entry, self._clock())
            give_lease(connection, entry.key, token)
            rows.shrink(connection, max_bytes, entry.key)

        if entry.size <= max_bytes:
            self._write(stored)
        else:
            self.release(entry.key, token)

    def release(self, key: str, token: str) -> None:
        """Give a lease back without a reply."""
        if token:
            self._write(lambda connection: give_lease(connection, key, token))

    def renew(self, tokens: list[str]) -> None:
        """Keep leases."""
        self._write(lambda connection: renew_leases(connection, tokens, self._clock()))

    def remove(self, keys: list[str]) -> None:
        """Forget what is stored under keys."""
        self._write(lambda connection: rows.remove(connection, keys))

    def clear(self, kind: str) -> None:
        """Forget all of one kind."""
        self._write(lambda connection: rows.clear(connection, kind))

    def note_hit(self, key: str) -> None:
        """Count a use in memory: it is written down with the next change, not by itself."""
        with self._reading:
            self._hits[key] = (self._hits.get(key, (0, 0.0))[0] + 1, self._clock())
            if len(self._hits) > _MOST_HITS:  # a program that only reads: what was used lately counts
                self._hits.pop(next(iter(self._hits)))

    def _read(self, question: Callable[[sqlite3.Connection], T]) -> T | None:
        with self._reading:
            opened = self._database
            if opened is None or self._damaged is not None:
                return None
            try:
                return question(opened.reader)
            except _ERRORS as error:
                trouble = trouble_of(error)
                if trouble == "damaged" and opened.writer is not None:
                    self._damaged = error  # mended, and told, with the next change
                else:
                    self._told("unusable" if trouble == "damaged" else trouble, error)
                return None

    def _write(self, change: Callable[[sqlite3.Connection], T]) -> T | None:
        with self._writing:
            for _ in range(2):  # a file that turns out to be damaged is begun anew, and then written to
                writer = self._writer()
                if writer is None:
                    return None
                try:
                    with database.writing(writer):
                        hits = self._flushed(writer)
                        result = change(writer)
                except _ERRORS as error:
                    self._failed(error)
                else:
                    self._forget_hits(hits)
                    return result
        return None

    def _writer(self) -> sqlite3.Connection | None:
        if time.monotonic() < self._writes_again and self._damaged is None:
            return None
        opened = self._opened()
        return None if opened is None else opened.writer

    def _failed(self, error: Exception) -> None:
        trouble = trouble_of(error)
        if trouble == "damaged":
            self._damaged = error
            return
        self._writes_again = time.monotonic() + _REST
        self._told(trouble, error)

    def _flushed(self, connection: sqlite3.Connection) -> dict[str, tuple[int, float]]:
        with self._reading:
            hits = dict(self._hits)
        rows.note_hits(connection, hits)
        return hits

    def _forget_hits(self, hits: dict[str, tuple[int, float]]) -> None:
        with self._reading:
            for key, (number, _) in hits.items():
                now, at = self._hits.get(key, (0, 0.0))
                if now > number:
                    self._hits[key] = (now - number, at)
                else:
                    self._hits.pop(key, None)

    def _opened(self) -> Database | None:
        """Return the open file, mended where it was damaged; None where it cannot be used."""
        now = time.monotonic()
        known = self._database
        if known is not None and self._damaged is None and (known.writer is not None or now < self._writes_again):
            return known
        if now < self._rests_until:
            return None
        try:
            if self._damaged is not None:
                self._mend(self._damaged)
            opened = self._open()
        except _ERRORS as error:
            self._rests_until = now + _REST
            trouble = trouble_of(error)
            self._told("unusable" if trouble == "damaged" else trouble, error)
            return None
        with self._reading:
            before, self._database = self._database, opened
        if before is not None:
            before.close()
        if opened.readonly is not None:
            self._writes_again = now + _REST
            self._told(trouble_of(opened.readonly), opened.readonly)
        return opened

    def _open(self) -> Database:
        try:
            return database.open_database(self.path, self._patience)
        except sqlite3.Error as error:
            if trouble_of(error) != "damaged":
                raise
            self._mend(error)
            return database.open_database(self.path, self._patience)

    def _mend(self, error: Exception) -> None:
        """Move the damaged file aside. Raises OSError where that is not possible."""
        with self._reading:
            damaged, self._database = self._database, None
        inode = None
        if damaged is not None:
            inode = damaged.inode
            damaged.close()
        aside = database.move_aside(self.path, inode)
        self._damaged = None
        self._told("damaged", error, f"It is now {aside!r}, and a new one was begun.")

    def _told(self, trouble: Trouble, error: BaseException, more: str = "") -> None:
        tell(self.path, trouble, error, more)
