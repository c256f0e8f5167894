"""What preludes ask of the kernel: to take away the rights of root, and to filter system calls.

This file is run in the sandbox, where this package is not: it may import the standard library only.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from typing import Any

__all__ = ["become", "done", "first_to_go", "forbid", "keep_rights", "own_entries"]

_SET_DUMPABLE, _KEEP_RIGHTS, _SET_FILTER, _DROP_BOUNDING = 4, 8, 22, 24
_FILTER_MODE = 2
_CAPABILITY_VERSION = 0x20080522


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def done(result: int, what: str) -> None:
    """Raise OSError where a call of the C library has failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot {what}: {os.strerror(number)}")


def first_to_go() -> None:
    """Be the first to be ended where memory ends."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
        file.write("1000")


def become(libc: Any, user: int, kept: int | None = None) -> None:
    """Become another user, for good. Raises OSError.

    Args:
        libc: the C library.
        user: its number.
        kept: the one right of root that can be kept (see `keep_rights`).
    """
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:  # noqa: PTH123
        last = int(file.read())
    for right in range(last + 1):
        if right != kept:
            done(libc.prctl(_DROP_BOUNDING, right, 0, 0, 0), "drop a right")
    done(libc.prctl(_KEEP_RIGHTS, int(kept is not None), 0, 0, 0), "keep a right")
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def keep_rights(libc: Any, rights: int = 0) -> None:
    """Keep these rights of root (a bit for each), and no other. Raises OSError."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    done(libc.capset(header, (ctypes.c_uint32 * 6)(rights, rights, rights, 0, 0, 0)), "drop all rights")


def own_entries(libc: Any) -> None:
    """Own what `/proc` has on this process. Raises OSError.

    A process that changed its user may not read its own entries there, which Python uses to start others.
    """
    done(libc.prctl(_SET_DUMPABLE, 1, 0, 0, 0), "own its entries under /proc")


def forbid(libc: Any, program: bytes) -> None:
    """Load a filter of system calls. Raises OSError."""
    rules = _Filter(len(program) // 8, program)
    done(libc.prctl(_SET_FILTER, _FILTER_MODE, ctypes.byref(rules), 0, 0), "load the filter of system calls")
