"""The journals of the steps that are under way, and where they lie."""

from __future__ import annotations

import re
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["journal_name", "remove_journal"]

_BESIDE: Final = ("", "-wal", "-shm", "-journal", ".lock", ".new")
"""Endings of the files of one journal."""
_PLAIN: Final = re.compile(r"[^A-Za-z0-9]+")


def journal_name(path: str, epoch: int) -> str:
    """Return the name of the journal of a step: readable, and another one for each path and epoch.

    >>> journal_name("4[users]/5", 0)
    '4-users-5-0fd15098-0.db'
    """
    shown = _PLAIN.sub("-", path).strip("-")[:40]
    digest = sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{shown}-{digest}-{epoch}.db"


def remove_journal(journal: Path) -> None:
    """Remove a journal with all that lies beside it; the log first, so that a part is never taken for the whole."""
    for ending in reversed(_BESIDE):
        with suppress(FileNotFoundError):
            journal.with_name(f"{journal.name}{ending}").unlink()
