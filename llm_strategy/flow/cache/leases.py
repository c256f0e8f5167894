"""Leases: who is asking for a reply at the moment, so that other processes wait instead of asking too.

A lease is renewed while its owner lives, and holds for a short time only: an owner that was killed blocks nobody for
long, and one on this machine not at all. Leases save money; that a reply is right never depends on them.
"""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

__all__ = ["LEASE", "give_lease", "is_leased", "renew_leases", "take_lease"]

LEASE = 20.0
"""Seconds that a lease holds; it is renewed several times in these."""


def is_leased(connection: sqlite3.Connection, key: str, now: float) -> bool:
    """Whether somebody who is alive is asking for the reply of a key."""
    row = connection.execute("SELECT machine, process, expires FROM leases WHERE key = ?", (key,)).fetchone()
    if row is None:
        return False
    machine, process, expires = row
    if not isinstance(expires, float) or not now < expires <= now + LEASE:  # the clock may have gone back
        return False
    return not (machine == _machine() and isinstance(process, int) and _is_dead(process))


def take_lease(connection: sqlite3.Connection, key: str, token: str, now: float) -> bool:
    """Take the lease of a key, in a transaction; return whether it was free."""
    if is_leased(connection, key, now):
        return False
    connection.execute(
        "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)", (key, token, _machine(), os.getpid(), now + LEASE)
    )
    return True


def give_lease(connection: sqlite3.Connection, key: str, token: str) -> None:
    """Give a lease back, where it is still held."""
    connection.execute("DELETE FROM leases WHERE key = ? AND token = ?", (key, token))


def renew_leases(connection: sqlite3.Connection, tokens: list[str], now: float) -> None:
    """Make leases hold from now on; forget those that nobody has held for long."""
    rows = [(now + LEASE, token) for token in tokens]
    connection.executemany("UPDATE leases SET expires = ? WHERE token = ?", rows)
    connection.execute("DELETE FROM leases WHERE expires < ?", (now - 10 * LEASE,))


def _machine() -> str:
    return platform.node()


def _is_dead(process: int) -> bool:
    """Whether a process of this machine is gone; unknown on Windows, where asking would end it."""
    if os.name != "posix" or not 0 < process < 2**31:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
