"""The walls of Landlock, put up by the worker around itself, and tried, before any code of a model is run.

This file is run in the worker, where this package is not: it may import the standard library, and landlockpy from the
place that it is told.
"""

from __future__ import annotations

import base64
import ctypes
import os
import signal
import struct
import sys
from contextlib import suppress
from typing import Any

__all__ = ["enter"]

_PARENT_DEATH, _KEEP_RIGHTS, _SET_FILTER, _DROP_BOUNDING, _AMBIENT, _SET_DUMPABLE = 1, 8, 22, 24, 47, 4
_FILTER_MODE, _RAISE = 2, 2
_CAPABILITY_VERSION = 0x20080522
_READ_ALL = 2  # CAP_DAC_READ_SEARCH
_JUMP_EQUAL = 0x15


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def enter(data: dict[str, Any]) -> dict[str, Any]:
    """Put up the walls, and return what trying them gave.

    Raises:
        OSError: a wall cannot be put up.
        ImportError: landlockpy is not where it should be.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
        file.write("1000")  # where memory ends, this is to go first
    if data["user"] is not None:
        _become(libc, data["user"], read_all=data["read_all"])
    _keep(libc, 1 << _READ_ALL if data["read_all"] else 0)
    _done(libc.prctl(_PARENT_DEATH, signal.SIGKILL.value, 0, 0, 0), "die with its parent")
    _restrict(data)
    _filter(libc, _filled(base64.b64decode(data["filter"]), data["own_process"]))
    answers: dict[str, Any] = globals()["probe"](data["plan"])  # it stands behind this text
    answers["file size"] = _file_size(data["write"][0], data["most_disk"])
    return answers


def _become(libc: Any, user: int, *, read_all: bool) -> None:
    """Become a user who owns nothing; the one right that may be kept is to read what Landlock allows."""
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:  # noqa: PTH123
        last = int(file.read())
    for right in range(last + 1):
        if not (read_all and right == _READ_ALL):
            _done(libc.prctl(_DROP_BOUNDING, right, 0, 0, 0), "drop a right")
    _done(libc.prctl(_KEEP_RIGHTS, int(read_all), 0, 0, 0), "keep a right")
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    # A process that changed its user may not read its own entries under /proc, which Python uses to start others.
    _done(libc.prctl(_SET_DUMPABLE, 1, 0, 0, 0), "own its entries under /proc")


def _keep(libc: Any, kept: int) -> None:
    """Keep these rights of root, and no other; programs that are started have them as well."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    _done(libc.capset(header, (ctypes.c_uint32 * 6)(kept, kept, kept, 0, 0, 0)), "drop all rights")
    if kept:
        _done(libc.prctl(_AMBIENT, _RAISE, _READ_ALL, 0, 0), "keep a right")


def _restrict(data: dict[str, Any]) -> None:
    """Allow what the rules say, and nothing else: whatever the kernel does not know is an error, not left out."""
    sys.path.append(data["library"])
    try:
        import landlockpy as landlock
    finally:
        sys.path.remove(data["library"])
    abi, fs = data["abi"], landlock.AccessFS
    every = landlock.fs_for_abi(abi)
    read = fs.READ_FILE | fs.READ_DIR
    write = every & ~(fs.EXECUTE | fs.MAKE_CHAR | fs.MAKE_BLOCK | fs.MAKE_SOCK | fs.IOCTL_DEV | fs.RESOLVE_UNIX)
    with landlock.Ruleset(
        handled_fs=every, handled_net=landlock.net_for_abi(abi), scoped=landlock.scope_for_abi(abi), best_effort=False
    ) as rules:
        for path in data["read"]:
            _allow(landlock, rules, path, read | fs.EXECUTE)
        for path in data["write"]:
            _allow(landlock, rules, path, write)
        for path in data["devices"]:
            _allow(landlock, rules, path, (fs.READ_FILE | fs.WRITE_FILE | fs.TRUNCATE) & every)
        for path in ("/proc/self/status", "/proc/self/fd"):
            _allow(landlock, rules, path, read)
        rules.restrict()


def _allow(landlock: Any, rules: Any, path: str, rights: Any) -> None:
    fs = landlock.AccessFS
    if not os.path.isdir(path):  # noqa: PTH112
        rights &= fs.EXECUTE | fs.READ_FILE | fs.WRITE_FILE | fs.TRUNCATE
    with suppress(FileNotFoundError):  # it went away since the host looked: less is allowed
        rules.allow_path(path, rights)


def _filled(program: bytes, mark: int) -> bytes:
    """Return a filter with the number of this process in the place of the mark."""
    found: list[bytes] = []
    for code, yes, no, operand in struct.iter_unpack("=HBBI", program):
        mine = code == _JUMP_EQUAL and operand == mark
        found.append(struct.pack("=HBBI", code, yes, no, os.getpid() if mine else operand))
    return b"".join(found)


def _filter(libc: Any, program: bytes) -> None:
    rules = _Filter(len(program) // 8, program)
    _done(libc.prctl(_SET_FILTER, _FILTER_MODE, ctypes.byref(rules), 0, 0), "load the filter of system calls")


def _file_size(folder: str, most: int) -> list[Any]:
    path = f"{folder}/.size"
    try:
        with open(path, "wb") as file:  # noqa: PTH123
            file.truncate(most + 1)
    except OSError:
        return [True, ""]
    finally:
        with suppress(OSError):
            os.unlink(path)  # noqa: PTH108
    return [False, "a file became larger than the limit"]


def _done(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot {what}: {os.strerror(number)}")
