"""What no limit of the kernel counts: the memory of all processes of a session together, and all of its files.

bubblewrap has a file system with a size for the second; a folder on the disk has none. So it is looked at every few
milliseconds, and more seldom where looking takes long.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from llm_strategy.sandbox.bubblewrap.watch import memory_of, processes_below
from llm_strategy.sandbox.process.disk_use import over_limit

if TYPE_CHECKING:
    from collections.abc import Iterable
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

    Covered: what processes hold, files that are there, and open files that have lost their name where the kernel tells.
    Not covered: what comes and goes between two looks, and what is written in that time beyond the limit.
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
        limits, found = self._limits, list(processes_below(process))
        most = limits.memory_mib << 10
        if memory_of(found, exact=False) > most and memory_of(found, exact=True) > most:
            return (
                "MemoryLimit",
                f"Its processes took more than {limits.memory_mib} MiB together: the sandbox was ended.",
            )
        if tasks_of(found) > limits.processes + _SPARE_TASKS:
            return "ProcessLimit", f"There are more than {limits.processes} processes: the sandbox was ended."
        if nameless_bytes(found) > limits.disk_mib << 20:
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
    count = 0
    for one in processes:
        with suppress(OSError):
            count += len(os.listdir(f"/proc/{one}/task"))  # noqa: PTH208  # many times a second
    return count


def nameless_bytes(processes: Iterable[int]) -> int:
    """Return the bytes of files that processes hold open and that have no name any more."""
    seen: dict[tuple[int, int], int] = {}
    for one in processes:
        with suppress(OSError):
            for number in os.listdir(f"/proc/{one}/fd"):  # noqa: PTH208
                with suppress(OSError):
                    found = os.stat(f"/proc/{one}/fd/{number}")  # noqa: PTH116
                    if found.st_nlink == 0:
                        seen[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(seen.values())
