"""What no limit of the kernel counts: the memory of all processes of a session together, and all of its files.

bubblewrap has a file system with a size for the second; a folder on the disk has none. So it is looked at every few
milliseconds, and more seldom where looking takes long.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from llm_strategy.sandbox.bubblewrap.watch import UNSEEN, memory_of, open_files, processes_below, threads_of
from llm_strategy.sandbox.process.disk_use import over_limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from llm_strategy.sandbox.limits import Limits
    from llm_strategy.sandbox.process.worker import ProcessWorker

__all__ = ["Watch", "nameless_bytes", "tasks_of"]

_EVERY = 0.015
_SHARE = 6
"""A pause is so many times as long as the look before it took."""
_SPARE_TASKS = 8
"""The kernel counts processes where it can; this is for where others of the same user end meanwhile."""


class Watch:
    """Looks at a session until it ends, or takes too much.

    Covered: what processes hold, files that are there, and files that have lost their name but are open or mapped.
    Not covered: what comes and goes between two looks, what is written in that time beyond the limit, pipes, and files
    that are moved about while they are looked at. What the system does not tell counts as too much.
    """

    def __init__(self, limits: Limits, folder: Path) -> None:
        self._limits, self._folder = limits, folder
        self._ended = threading.Event()

    def start(self, worker: ProcessWorker) -> None:
        """Begin to look, in a thread of its own."""
        looking = threading.Thread(
            target=self._keep, args=(weakref.ref(worker), worker.process_id), name="llm-strategy sandbox", daemon=True
        )
        looking.start()

    def end(self) -> None:
        """Look no more."""
        self._ended.set()

    def too_much(self, process: int) -> tuple[str, str] | None:
        """Return the kind of limit that was passed, and what to say about it; None where none was."""
        try:
            return self._passed(process)
        except OSError as error:
            return "MemoryLimit", UNSEEN.format(error.strerror)

    def _passed(self, process: int) -> tuple[str, str] | None:
        limits, found = self._limits, list(processes_below(process))
        most = limits.memory_mib << 10
        if memory_of(found, exact=False) > most and memory_of(found, exact=True) > most:
            return (
                "MemoryLimit",
                f"Its processes took more than {limits.memory_mib} MiB together: the sandbox was ended.",
            )
        if tasks_of(found) > limits.processes + _SPARE_TASKS:
            return "ProcessLimit", f"There are more than {limits.processes} processes: the sandbox was ended."
        if nameless_bytes(found, self._folder) > limits.disk_mib << 20:
            return "DiskLimit", f"Open files hold more than {limits.disk_mib} MiB: the sandbox was ended."
        full = over_limit(self._folder, limits)
        return ("DiskLimit", full) if full else None

    def _keep(self, worker: weakref.ref[ProcessWorker], process: int) -> None:
        pause = _EVERY
        while not self._ended.wait(pause):
            began = time.thread_time()
            passed = self.too_much(process)
            if passed is not None:
                condemned = worker()
                if condemned is not None:
                    condemned.condemn(*passed)
                return
            pause = max(_EVERY, _SHARE * (time.thread_time() - began))


def tasks_of(processes: Iterable[int]) -> int:
    """Return how many threads processes have together."""
    return sum(len(threads_of(one)) for one in processes)


def nameless_bytes(processes: Iterable[int], folder: Path) -> int:
    """Return the bytes of files that processes hold open or mapped and that have no name any more.

    Args:
        processes: Which ones.
        folder: Where files may be written.

    Raises:
        OSError: the system does not tell.
    """
    open_ones: dict[int, int] = {}
    mapped: dict[int, int] = {}
    inside = os.path.realpath(folder)
    for thread in (thread for one in processes for thread in threads_of(one)):
        open_ones.update((one.st_ino, one.st_blocks * 512) for one in open_files(thread) if one.st_nlink == 0)
        # Where `open_files` was told, the system tells this as well, but of one that is about to end.
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            mapped.update(_mapped(thread, inside))
    return sum({**mapped, **open_ones}.values())


def _mapped(thread: int, inside: str) -> Iterator[tuple[int, int]]:
    """Yield files without a name that are mapped, with their bytes; without the right to see them, too many."""
    with open(f"/proc/{thread}/maps", "rb") as lines:  # noqa: PTH123
        for line in lines:
            if not line.endswith(b" (deleted)\n"):
                continue
            place, _, _, _, number, path = line.split(None, 5)
            if path.startswith(os.fsencode(f"{inside}/")):
                first, last = (int(end, 16) for end in place.split(b"-"))
                try:
                    found = os.stat(f"/proc/{thread}/map_files/{first:x}-{last:x}")  # noqa: PTH116
                except FileNotFoundError:
                    continue
                except PermissionError:
                    yield int(number), sys.maxsize
                else:
                    yield int(number), found.st_blocks * 512
