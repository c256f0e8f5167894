"""The thread that a sandbox hangs on: it starts the worker, and watches its memory until the end.

bubblewrap is told to end when the one who started it dies, so that nothing outlives a program that is killed. The
kernel takes "the one" for the thread, not for the program: a session that is begun in a thread of a pool would end with
that thread. So each worker gets a thread of its own, that stays as long as the worker does.
"""

from __future__ import annotations

import threading
import weakref
from queue import SimpleQueue
from typing import TYPE_CHECKING

from llm_strategy.sandbox.bubblewrap.watch import UNSEEN, memory_of, processes_below

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.sandbox.process.worker import ProcessWorker

__all__ = ["Keeper"]

_EVERY = 0.05
_TOLD = "All processes together held more than {} MiB of memory: the sandbox was ended."


class Keeper:
    """Keeps one worker."""

    def __init__(self, most_kib: int, every: float = _EVERY) -> None:
        self._most_kib, self._every = most_kib, every
        self._ended = threading.Event()

    def start(self, make: Callable[[], ProcessWorker]) -> ProcessWorker:
        """Return the worker that `make` gives. Raises what that raises."""
        # A queue, and no future: the thread keeps what it was given as long as it runs, and a worker that nobody holds
        # any more has to end.
        made: SimpleQueue[ProcessWorker | BaseException] = SimpleQueue()
        threading.Thread(target=self._keep, args=(make, made), name="llm-strategy sandbox", daemon=True).start()
        found = made.get()
        if isinstance(found, BaseException):
            raise found
        return found

    def end(self) -> None:
        """Let the thread go; whatever is still running ends with it."""
        self._ended.set()

    def _keep(self, make: Callable[[], ProcessWorker], made: SimpleQueue[ProcessWorker | BaseException]) -> None:
        try:
            worker = make()
        except BaseException as error:  # noqa: BLE001  # it is raised where the worker is wanted
            made.put(error)
            return
        process, worker_or_none = worker.process_id, weakref.ref(worker)
        made.put(worker)
        del worker
        while not self._ended.wait(self._every):
            told = self.too_much(process)
            if told:
                kept = worker_or_none()
                if kept is not None:
                    kept.condemn("MemoryLimit", told)
                return

    def too_much(self, process: int) -> str:
        """Return what to say where a process and all that it has started hold more memory than they may together.

        Covered: what they hold now, with shared pages counted once, and sockets that are open. Not covered: what comes
        and goes between two looks, pipes, sockets that were sent and not received, and files in the workspace, which
        have a limit of their own.
        """
        try:
            found = list(processes_below(process))
            if memory_of(found, exact=False) <= self._most_kib:
                return ""
            # Processes that were forked share most of what they hold: only the exact count, which is slower, is fair.
            return _TOLD.format(self._most_kib >> 10) if memory_of(found, exact=True) > self._most_kib else ""
        except OSError as error:
            return UNSEEN.format(error.strerror)
