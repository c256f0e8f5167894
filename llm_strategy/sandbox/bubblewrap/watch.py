"""The memory of all processes of a session together, which no limit of the kernel counts without a cgroup."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["UNSEEN", "memory_of", "open_files", "processes_below", "threads_of"]

UNSEEN = "What its processes hold could not be looked at ({}): the sandbox was ended."
"""What is said where the system does not tell, which is no reason to believe that it is little."""

_PROC = Path("/proc")
_SOCKET_KIB = 208
"""What may wait in a socket whose buffers were not made larger, which the filter of system calls refuses."""


def processes_below(process: int) -> Iterator[int]:
    """Yield a process and all that it has started, in any order.

    In a PID namespace everything descends from its first process: whoever loses a parent gets that one.

    Raises:
        OSError: the system does not tell.
    """
    waiting = [process]
    while waiting:
        one = waiting.pop()
        yield one
        for thread in threads_of(one):
            with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                text = (_PROC / str(one) / "task" / str(thread) / "children").read_text(encoding="ascii")
                waiting += map(int, text.split())


def threads_of(process: int) -> list[int]:
    """Return the threads of a process, of which the first may have ended before the others.

    Raises:
        OSError: the system does not tell.
    """
    try:
        return [int(name) for name in os.listdir(_PROC / str(process) / "task")]  # noqa: PTH208  # many times a second
    except (FileNotFoundError, ProcessLookupError):
        return []


def memory_of(processes: Iterable[int], *, exact: bool) -> int:
    """Return how much memory processes hold, in KiB. Not exact: pages that several share count for each of them.

    Every socket counts as if it were full: how full it is, is told to those in its namespace only.

    Raises:
        OSError: the system does not tell.
    """
    found = list(processes)
    return sum(_share(one) if exact else _resident(one) for one in found) + _SOCKET_KIB * len(_sockets(found))


def _resident(process: int) -> int:
    # Where the first thread of a process has ended, its own entry is empty, and the others tell.
    return max((_pages(process, one) for one in threads_of(process)), default=0) * _page_kib()


def _pages(process: int, thread: int) -> int:
    try:
        return int((_PROC / str(process) / "task" / str(thread) / "statm").read_text(encoding="ascii").split()[1])
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0


def _share(process: int) -> int:
    # The process that hides itself, or whose first thread has ended, counts with all that it holds.
    with suppress(PermissionError, FileNotFoundError, ProcessLookupError):
        for line in (_PROC / str(process) / "smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return _resident(process)


def open_files(thread: int) -> Iterator[os.stat_result]:
    """Yield what a thread has open; each may have its own.

    Raises:
        OSError: the system does not tell. A thread that is about to end has nothing to tell.
    """
    try:
        numbers = os.listdir(f"/proc/{thread}/fd")  # noqa: PTH208
    except (FileNotFoundError, ProcessLookupError):
        return
    except PermissionError:
        if _pages(thread, thread):
            raise
        return
    for number in numbers:
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):  # it was closed, or the thread ends
            yield os.stat(f"/proc/{thread}/fd/{number}")  # noqa: PTH116


def _sockets(processes: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for thread in (thread for one in processes for thread in threads_of(one)):
        with suppress(PermissionError):  # bubblewrap itself
            found.update(one.st_ino for one in open_files(thread) if stat.S_ISSOCK(one.st_mode))
    return found


def _page_kib() -> int:
    import resource

    return resource.getpagesize() // 1024
