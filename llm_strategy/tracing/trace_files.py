"""Trace files: their names, and how a reader knows whether somebody still writes to one.

Who writes holds a shared lock on the file. The system takes it away when the process ends, however it ends.
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from importlib import import_module
from secrets import token_hex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["hold", "is_held", "new_trace_file"]

_TRIES = 50
_PAUSE = 0.002
"""Seconds for which a reader's own lock is waited for; it holds it for microseconds."""


def new_trace_file(directory: Path, name: str) -> Path:
    """Return the path of a new trace: sorted by time, readable, and its own for each session of each process."""
    began = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    words = re.sub(r"[^\w-]+", "-", name, flags=re.ASCII).strip("-")[:60] or "trace"
    # Absolute: the program may change its working directory while it writes.
    return directory.expanduser().absolute() / f"{began}-{words}-{token_hex(4)}.jsonl"


def hold(descriptor: int) -> None:
    """Show readers that a file is being written to, for as long as it is open."""
    locks = _locks()
    if locks is None:
        return
    for _ in range(_TRIES):
        try:
            locks.flock(descriptor, locks.LOCK_SH | locks.LOCK_NB)
        except BlockingIOError:  # a reader is looking at this very moment
            time.sleep(_PAUSE)
        except OSError:
            return  # not every file system has locks
        else:
            return


def is_held(path: Path) -> bool | None:
    """Return whether somebody writes to a trace file; None where that cannot be known."""
    locks = _locks()
    if locks is None:
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return all(_is_locked(locks, descriptor) for _ in range(2))  # twice: it may be another reader that looks
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _is_locked(locks: Any, descriptor: int) -> bool:
    try:
        locks.flock(descriptor, locks.LOCK_EX | locks.LOCK_NB)
    except BlockingIOError:
        time.sleep(_PAUSE)
        return True
    return False


def _locks() -> Any:
    """The module of file locks; None on systems that have none of this kind."""
    try:
        return import_module("fcntl")
    except ImportError:
        return None
