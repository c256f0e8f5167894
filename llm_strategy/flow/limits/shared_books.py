"""What was sent to an account lately, for all processes of a machine: a SQLite file.

Accounts stand in it as hashes. Covered: processes that end at any moment, many that write at once, a clock that is put
back (what was counted is then counted from that moment on), a file that is damaged or cannot be written (this process
then counts by itself, with one warning). Not covered: a clock that is put forward, files on network drives.
"""

from __future__ import annotations

import os
import sqlite3
import time
import warnings
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeVar

from llm_strategy.flow.exclusive import Exclusive
from llm_strategy.flow.limits.books import LocalBooks
from llm_strategy.flow.limits.rates import Count, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llm_strategy.flow.limits.rates import Rates

__all__ = ["SharedBooks"]

T = TypeVar("T")

_BUSY_SECONDS: Final = 0.05
"""How long a thread, or an event loop, is held up by other processes at once."""
_BUSY_WAIT: Final = 0.02
_BUSY_MOST: Final = 500
"""How often in a row the file may be busy: after some half a minute whoever holds it does not let go."""
_AHEAD: Final = 1.0
"""Seconds that the times of others may be ahead of ours, before the clock counts as put back."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS sent (
    account TEXT, period REAL, piece INTEGER, requests INTEGER, tokens INTEGER, PRIMARY KEY (account, period, piece)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pauses (account TEXT PRIMARY KEY, since REAL, until REAL) WITHOUT ROWID;
"""
_WARNED: set[str] = set()


class SharedBooks:
    """Counts in a file, as long as that can be used.

    Args:
        path: the file.
        clock: tells the time in seconds, the same in all processes.
        own_clock: tells the time in seconds where this process counts by itself; nobody puts it back.
    """

    def __init__(
        self, path: Path, clock: Callable[[], float] = time.time, own_clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = path
        """The file."""
        self._clock = clock
        self._local = LocalBooks(own_clock)
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._busy = 0
        self._lost = False
        self._one = Exclusive()

    @property
    def shared(self) -> bool:
        """Whether other processes see what is counted."""
        return not self._lost

    def take(self, account: str, rates: Rates, tokens: int) -> tuple[float, int]:
        """Count a request of so many tokens where it fits."""
        taken = self._one.run(lambda: self._written(lambda: self._take(_hash(account), rates, tokens), (_BUSY_WAIT, 0)))
        return self._local.take(account, rates, tokens) if taken is None else taken

    def settle(self, account: str, rates: Rates, place: int, tokens: int) -> None:
        """Count so many tokens more, or fewer."""
        self._local.settle(account, rates, place, tokens)
        key = _hash(account), rates.period
        self._one.soon(lambda: self._written(lambda: self._settle(key, place, tokens), None))

    def pause(self, account: str, seconds: float) -> None:
        """Let nothing be sent for so many seconds."""
        self._local.pause(account, seconds)
        self._one.soon(lambda: self._written(lambda: self._pause(_hash(account), seconds), None))

    def paused(self, account: str) -> float:
        """Return for how many seconds nothing may be sent."""
        here = self._local.paused(account)
        there = self._one.run(lambda: self._written(lambda: self._paused(_hash(account)), 0.0, read=True))
        return max(here, there or 0.0)

    def forget_pauses(self) -> None:
        """Let all accounts be asked again."""
        self._local.forget_pauses()
        self._one.run(lambda: self._written(lambda: self._rows("DELETE FROM pauses"), None))

    def close(self) -> None:
        """Let go of the file; it is opened again where it is used again."""
        self._one.run(self._close)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and self._process == os.getpid():
            connection.close()

    def _written(self, work: Callable[[], T], busy: T, *, read: bool = False) -> T | None:
        """Do `work` in a transaction; return `busy` where others hold the file, and None where it cannot be used."""
        if self._lost:
            return None
        try:
            result = self._transaction(work, read=read)
        except (sqlite3.Error, OSError) as error:
            if _is_busy(error) and self._busy < _BUSY_MOST:
                self._busy += 1
                return busy
            self._lose(error)
            return None
        self._busy = 0
        return result

    def _transaction(self, work: Callable[[], T], *, read: bool) -> T:
        connection = self._opened()
        if read:
            return work()
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work()
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        return result

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None or self._process != os.getpid():  # a connection does not survive a fork
            self._process = os.getpid()
            self._connection = _connected(self.path)
        return self._connection

    def _rows(self, statement: str, *values: object) -> list[Any]:
        return self._opened().execute(statement, values).fetchall()

    def _take(self, account: str, rates: Rates, tokens: int) -> tuple[float, int]:
        now = self._clock()
        piece = rates.piece(now)
        key = (account, rates.period)
        self._rows("DELETE FROM sent WHERE account = ? AND period = ? AND piece < ?", *key, rates.oldest(piece))
        rows = self._rows("SELECT piece, requests, tokens FROM sent WHERE account = ? AND period = ?", *key)
        counts = [Count(*row) for row in rows]
        ahead = rates.piece(now + _AHEAD) + 1
        if any(count.piece > ahead for count in counts):
            counts = self._put_back(key, counts, piece)
        wait = wait_for(rates, counts, tokens, now)
        if wait > 0:
            return wait, 0
        self._rows(
            "INSERT INTO sent VALUES (?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET requests = requests + 1, "
            "tokens = tokens + excluded.tokens",
            *key,
            piece,
            tokens,
        )
        return 0.0, piece

    def _put_back(self, key: tuple[str, float], counts: list[Count], piece: int) -> list[Count]:
        """Count from now on what was counted at a time that is yet to come."""
        early = [count for count in counts if count.piece <= piece]
        late = [count for count in counts if count.piece > piece]
        requests, tokens = sum(count.requests for count in late), sum(count.tokens for count in late)
        self._rows("DELETE FROM sent WHERE account = ? AND period = ? AND piece > ?", *key, piece)
        self._rows(
            "INSERT INTO sent VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "requests = requests + excluded.requests, tokens = tokens + excluded.tokens",
            *key,
            piece,
            requests,
            tokens,
        )
        return [*early, Count(piece, requests, tokens)]

    def _settle(self, key: tuple[str, float], place: int, tokens: int) -> None:
        change = "UPDATE sent SET tokens = max(0, tokens + ?) WHERE account = ? AND period = ? AND piece = ?"
        self._rows(change, tokens, *key, place)

    def _pause(self, account: str, seconds: float) -> None:
        now = self._clock()
        left = self._paused(account)
        if seconds > left:
            self._rows("INSERT OR REPLACE INTO pauses VALUES (?, ?, ?)", account, now, now + seconds)

    def _paused(self, account: str) -> float:
        now = self._clock()
        for since, until in self._rows("SELECT since, until FROM pauses WHERE account = ?", account):
            left: float = min(until - now, until - since)  # the whole pause, at most, where the clock was put back
            return max(0.0, left)
        return 0.0

    def _lose(self, error: Exception) -> None:
        self._lost = True
        with suppress(sqlite3.Error):
            self._close()
        if str(self.path) not in _WARNED:
            _WARNED.add(str(self.path))
            warnings.warn(
                f"The file {str(self.path)!r} of limited(shared=...) cannot be used: {error}. This process keeps to "
                "the limits by itself from now on, and does not know what others send. Delete the file, or name "
                "another one.",
                RuntimeWarning,
                stacklevel=2,
            )


def _connected(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite would let others read it
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")  # what a power failure takes was for a minute only
        connection.executescript(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_busy(error: Exception) -> bool:
    code: object = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _hash(account: str) -> str:
    return sha256(account.encode(errors="surrogatepass")).hexdigest()[:32]
