"""The process around the worker: when the session ends, or the host is gone, it ends all that the code has started.

Processes that the code leaves behind, in sessions of their own or twice forked, become its children (it is a
"subreaper", Linux), so that it finds them whatever they have done to hide.
"""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["descendants", "end_all", "supervised"]

_SUBREAPER, _DEATH_SIGNAL = 36, 1
_SECONDS = 8.0
"""How long it goes on: processes that cannot be ended wait in the kernel."""


def supervised(lifeline: int, others: list[int]) -> None:  # pragma: no cover (it splits the process)
    """Split the process in two, and return in the one that runs the code. The other one returns never.

    Args:
        lifeline: a pipe that ends with the session, or with the host.
        others: pipes of the worker.
    """
    _prctl(_SUBREAPER, 1)
    around, host = os.getpid(), os.getppid()
    child = os.fork()
    if child == 0:
        os.close(lifeline)
        os.setsid()
        _prctl(_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != around:
            os._exit(1)
        return
    for number in (*others, 0, 1, 2):
        os.close(number)
    status = 0
    try:
        status = _wait(lifeline, child, host)
    finally:
        with suppress(OSError):
            os.killpg(child, signal.SIGKILL)
        end_all(os.getpid(), _has_children)
        os._exit(status)


def _prctl(option: int, value: int) -> None:  # pragma: no cover (it changes the process)
    with suppress(Exception):  # not on this system: the group of the child is ended all the same
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _wait(lifeline: int, child: int, host: int) -> int:  # pragma: no cover (it waits for every child of the process)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    woken, wakes = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _nothing)
    ends = select.poll()
    ends.register(lifeline, select.POLLIN)
    ends.register(woken, select.POLLIN)
    with suppress(OSError, AttributeError):  # a copy of the host may hold the other end of the lifeline
        ends.register(os.pidfd_open(host), select.POLLIN)
    while True:
        status = _reaped(child)
        if status is not None:
            return status
        if any(number != woken for number, _ in ends.poll()):
            return 0
        with suppress(OSError):
            os.read(woken, 4096)


def _nothing(number: int, frame: object) -> None:  # pragma: no cover (as above)
    del number, frame


def _reaped(child: int) -> int | None:  # pragma: no cover (it takes the end of every child of the process)
    """Take the ends of children; return how the worker ended, in the way of a shell."""
    while True:
        try:
            process, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if not process:
            return None
        if process == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _has_children() -> bool:  # pragma: no cover (it takes the end of every child of the process)
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return True
    return False


def end_all(ancestor: int, has_children: Callable[[], bool]) -> None:
    """End all processes below one, those among them that are begun meanwhile.

    Args:
        ancestor: the process, which is not ended itself.
        has_children: takes the ends of its children, and returns whether some are left. A look at `/proc` is not
            enough: one that ends while it starts another may be met neither as the first nor as the second.
    """
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        found = descendants(ancestor)
        for number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first: none of them begins another one meanwhile
            for process in found:
                with suppress(OSError):
                    os.kill(process, number)
        if not has_children() and not found:
            return
        time.sleep(0.001)


def descendants(ancestor: int) -> list[int]:
    """Return the processes below one, as far as `/proc` tells."""
    parents: dict[int, int] = {}
    with suppress(OSError):
        for name in os.listdir("/proc"):  # noqa: PTH208 (pathlib would have to be loaded)
            if name.isdigit():
                with suppress(OSError, ValueError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                    # What stands in brackets is chosen by the process, and may hold brackets.
                    parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
    below: list[int] = []
    level = {ancestor}
    while level:
        level = {process for process, parent in parents.items() if parent in level}
        below.extend(level)
    return below
