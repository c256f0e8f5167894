"""The statements of a cache: what is read from its tables, and written to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.flow.cache.entry import Found, digest_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from llm_strategy.flow.cache.entry import Entry

__all__ = ["clear", "find", "note_hits", "put", "remove", "shrink"]

_PUT = """
INSERT INTO replies (key, kind, model, asker, created, used, hits, size, tokens, cost, digest, data)
VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
    kind = excluded.kind, model = excluded.model, asker = excluded.asker, created = excluded.created,
    used = excluded.used, size = excluded.size, tokens = excluded.tokens, cost = excluded.cost,
    digest = excluded.digest, data = excluded.data
"""
_ROOM = 0.9
"""How much of the bound is left in use when room was made, so that not each reply makes room."""
_JITTER = 2.0
"""Seconds that a reply may be younger than the present: clocks are corrected now and then."""


def find(connection: sqlite3.Connection, key: str, ttl: float | None, now: float) -> Found | None:
    """Return what is stored under a key, is whole and not older than `ttl`; with a `ttl`, none of the future either."""
    row = connection.execute("SELECT data, digest, created FROM replies WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    data, digest, created = row
    if not isinstance(data, str) or digest_of(key, data) != digest:
        return None
    if ttl is not None and not (isinstance(created, int | float) and -_JITTER <= now - created <= ttl):
        return None
    return Found(data)


def put(connection: sqlite3.Connection, entry: Entry, now: float) -> None:
    """Store a reply, in the place of what is there."""
    about: tuple[Any, ...] = (entry.key, entry.kind, entry.model, entry.asker, now, now, entry.size, entry.tokens)
    connection.execute(_PUT, (*about, entry.cost, digest_of(entry.key, entry.data), entry.data))


def note_hits(connection: sqlite3.Connection, hits: Mapping[str, tuple[int, float]]) -> None:
    """Note how often replies were used, and when last."""
    rows = [(number, at, key) for key, (number, at) in hits.items()]
    connection.executemany("UPDATE replies SET hits = hits + ?, used = max(used, ?) WHERE key = ?", rows)


def remove(connection: sqlite3.Connection, keys: Sequence[str]) -> None:
    """Forget what is stored under keys."""
    connection.executemany("DELETE FROM replies WHERE key = ?", [(key,) for key in keys])


def clear(connection: sqlite3.Connection, kind: str) -> None:
    """Forget all of one kind."""
    connection.execute("DELETE FROM replies WHERE kind = ?", (kind,))


def shrink(connection: sqlite3.Connection, max_bytes: int, newest: str) -> None:
    """Forget what was not used for longest, until what is stored fits into the bound; the newest one stays."""
    (bytes_now,) = connection.execute("SELECT bytes FROM totals WHERE id = 1").fetchone()
    if bytes_now <= max_bytes:
        return
    over = bytes_now - int(_ROOM * max_bytes)
    gone: list[tuple[int]] = []
    oldest = connection.execute("SELECT id, size FROM replies WHERE key != ? ORDER BY used, id", (newest,))
    for number, size in oldest:
        if over <= 0:
            break
        gone.append((number,))
        over -= size
    oldest.close()
    connection.executemany("DELETE FROM replies WHERE id = ?", gone)
