"""Folders that a program which was killed has left behind.

Each folder is locked as long as its program lives; the kernel gives the lock back, however that one ends. A number of a
process would not do: it may be that of another one by now, or of one in another container that shares the folder.
"""

from __future__ import annotations

import functools
import os
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["hold", "sweep", "sweep_once"]

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_YOUNG = 60.0
"""Seconds: a folder that was made just now may not be locked yet."""


def hold(folder: Path) -> int:
    """Lock a folder, and return the descriptor that keeps it so until it is closed.

    Raises:
        OSError: there are no locks here.
    """
    import fcntl

    number = os.open(folder, _FOLDER)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(number)
        raise
    return number


def sweep(prefix: str, remove: Callable[[Path], object]) -> None:
    """Remove the folders of this user whose names begin so and whose program has ended.

    Args:
        prefix: How their names begin, in the folder of temporary files.
        remove: Removes one.
    """
    for path in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):
            found = path.lstat()
            mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
            if mine and time.time() - found.st_mtime > _YOUNG:
                number = hold(path)
                try:
                    remove(path)
                finally:
                    os.close(number)


sweep_once = functools.cache(sweep)
"""Do so at the first call of a process."""
