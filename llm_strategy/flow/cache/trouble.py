"""What can be wrong with the file of a cache, told once: a cache never makes a call fail."""

from __future__ import annotations

import errno
import logging
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ForeignFileError", "Trouble", "tell", "trouble_of"]

Trouble: TypeAlias = Literal["damaged", "full", "locked", "read-only", "foreign", "unusable"]

_LOG = logging.getLogger("llm_strategy.cache")
_CODES: dict[int, Trouble] = {
    5: "locked",  # SQLITE_BUSY
    6: "locked",  # SQLITE_LOCKED
    3: "read-only",  # SQLITE_PERM
    8: "read-only",  # SQLITE_READONLY
    14: "read-only",  # SQLITE_CANTOPEN
    11: "damaged",  # SQLITE_CORRUPT
    18: "damaged",  # SQLITE_TOOBIG: nothing of that size was ever stored
    26: "damaged",  # SQLITE_NOTADB
    522: "damaged",  # SQLITE_IOERR_SHORT_READ: it ends in the middle of a page
    13: "full",  # SQLITE_FULL
}
_WRITING = frozenset({778, 1034, 1290, 1546, 4874})
"""Codes of SQLite for failures to write, to sync and to grow: the disk is full, or a limit on sizes is met."""
_NUMBERS: dict[int, Trouble] = {
    errno.ENOSPC: "full",
    errno.EFBIG: "full",
    errno.EROFS: "read-only",
    errno.EACCES: "read-only",
    errno.EPERM: "read-only",
}
_SAID: dict[Trouble, str] = {
    "damaged": "is damaged. {more}",
    "full": "cannot grow: the disk is full, or a limit on sizes is met. New replies are not kept.",
    "locked": "is locked by another process. Replies are neither found nor kept meanwhile.",
    "read-only": "cannot be written to. What is in it is used where it can be read; new replies are not kept.",
    "foreign": "is a database of another program, and left alone. Nothing is cached: name another file.",
    "unusable": "cannot be used. Nothing is cached meanwhile.",
}
_TOLD: set[tuple[Path, Trouble]] = set()
_GUARD = Lock()


class ForeignFileError(Exception):
    """The file belongs to somebody else."""


def trouble_of(error: BaseException) -> Trouble:
    """Return what an error of SQLite, or of the system, says about the file."""
    if isinstance(error, ForeignFileError):
        return "foreign"
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return "full" if code in _WRITING else _CODES.get(code, _CODES.get(code & 0xFF, "unusable"))
    return _NUMBERS.get(getattr(error, "errno", None) or 0, "unusable")


def tell(path: Path, trouble: Trouble, error: BaseException, more: str = "") -> None:
    """Say once in a process what is wrong with a file."""
    with _GUARD:
        if (path, trouble) in _TOLD:
            return
        _TOLD.add((path, trouble))
    said = _SAID[trouble].format(more=more)
    _LOG.warning("The cache %r %s No call fails for that. (%s: %s)", str(path), said, type(error).__name__, error)
