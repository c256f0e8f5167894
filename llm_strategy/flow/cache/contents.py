"""What is in the file of a cache, counted, and clearing it: for people who look at it from outside."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow.cache.database import open_database, writing
from llm_strategy.flow.cache.trouble import ForeignFileError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["CacheShare", "CacheStats", "cache_stats", "clear_cache"]

_SUMS = """
count(*), coalesce(sum(size), 0), coalesce(sum(hits), 0), coalesce(sum(hits * tokens), 0),
coalesce(sum(hits * cost), 0.0), coalesce(sum(hits > 0 AND tokens = 0), 0),
coalesce(sum(hits > 0 AND cost IS NULL), 0), min(created), max(created)
"""


@dataclass(frozen=True, slots=True)
class CacheShare:
    """A part of a cache, counted."""

    name: str
    """The model or function; empty for the whole."""
    entries: int
    """How many replies are kept."""
    bytes: int
    """What they take."""
    hits: int
    """How often they were used again."""
    tokens: int
    """Tokens that this saved."""
    cost: float
    """US dollars that this saved, as far as prices are known."""
    unmeasured: int
    """How many replies were used again whose tokens nobody told."""
    unpriced: int
    """How many replies were used again whose price is not known."""
    oldest: float | None
    """When the oldest one came, in seconds since 1970."""
    newest: float | None
    """When the newest one came."""


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What is in a cache."""

    path: Path
    """The file."""
    whole: CacheShare
    """All of it."""
    models: tuple[CacheShare, ...]
    """By the model, those that saved most first."""
    functions: tuple[CacheShare, ...]
    """By the function that asked, those that saved most first."""


def cache_stats(path: Path) -> CacheStats | None:
    """Return what is in a cache; None where there is no file.

    Raises:
        ConfigurationError: the file cannot be read, or is none of a cache.
    """
    if not path.is_file():
        return None
    with _opened(path) as reader:
        whole, *_ = _shares(reader, "''")
        return CacheStats(path, whole, _shares(reader, "model"), _shares(reader, "asker"))


def clear_cache(path: Path, *, before: float | None = None, model: str | None = None) -> int | None:
    """Forget replies, and return how many; None where there is no file.

    Args:
        path: the file.
        before: only those that came before this time, in seconds since 1970.
        model: only those of this model.

    Raises:
        ConfigurationError: the file cannot be written to, or is none of a cache.
    """
    if not path.is_file():
        return None
    with _opened(path, change=True) as connection:
        with writing(connection):
            limits = (math.inf if before is None else before, model, model)
            gone = connection.execute(
                "DELETE FROM replies WHERE created < ? AND (? IS NULL OR model = ?)", limits
            ).rowcount
        with suppress(sqlite3.Error):  # gives the space back, where nobody else is at work
            connection.execute("PRAGMA busy_timeout = 1000").close()
            connection.execute("VACUUM").close()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    return gone


@contextmanager
def _opened(path: Path, *, change: bool = False) -> Generator[sqlite3.Connection]:
    try:
        with closing(open_database(path)) as opened:
            if change and opened.readonly is not None:
                raise opened.readonly
            yield opened.reader if opened.writer is None else opened.writer
    except (sqlite3.Error, OSError, ForeignFileError) as error:
        raise ConfigurationError(
            f"The cache {str(path)!r} cannot be {'changed' if change else 'read'}: {error}. Name another file with "
            "--file, or delete this one if it is a cache and damaged."
        ) from error


def _shares(reader: sqlite3.Connection, column: str) -> tuple[CacheShare, ...]:
    group = f"GROUP BY {column} ORDER BY 5 DESC, 2 DESC, 1" if column.isidentifier() else ""
    rows = reader.execute(f"SELECT {column}, {_SUMS} FROM replies {group}")  # noqa: S608 (columns named here)
    return tuple(_share(row) for row in rows)


def _share(row: tuple[Any, ...]) -> CacheShare:
    name, *numbers, oldest, newest = row
    entries, size, hits, tokens, cost, unmeasured, unpriced = numbers
    return CacheShare(
        name=str(name),
        entries=int(entries),
        bytes=int(size),
        hits=int(hits),
        tokens=int(tokens),
        cost=float(cost),
        unmeasured=int(unmeasured),
        unpriced=int(unpriced),
        oldest=oldest,
        newest=newest,
    )
