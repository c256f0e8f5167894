"""Threads that are used again and again, and keep no process alive.

A thread that is caught in a call which nothing can interrupt must not hold up the end of the program: these are daemon
threads, and nobody waits for them.
"""

from __future__ import annotations

import os
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["in_thread"]

_KEPT_SECONDS = 0.5
"""How long an idle thread waits for more to do: long enough for flows that begin others, and over within a second."""
_IDLE: list[_Worker] = []  # only its own single steps are used, each of which is safe between threads


def in_thread(call: Callable[[], None]) -> None:
    """Have `call`, which must not raise, called in a thread of its own: one that is idle, or else a new one."""
    process = os.getpid()
    while True:
        try:
            worker = _IDLE.pop()
        except IndexError:
            worker = _Worker(process)
        if worker.process == process:  # else it was idle when this process was forked off, and is not here
            worker.calls.put(call)
            return


class _Worker:
    """A thread that waits for calls."""

    def __init__(self, process: int) -> None:
        self.process = process
        self.calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        Thread(target=self._work, name="llm-strategy", daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                call = self.calls.get(timeout=_KEPT_SECONDS)
            except Empty:
                try:
                    _IDLE.remove(self)
                except ValueError:
                    continue  # taken just now: a call is on its way
                return
            call()
            del call  # or it would keep alive what it worked on
            _IDLE.append(self)
