"""The walls of Landlock, put up by the worker around itself, and tried, before any code of a model is run.

This file is run in the worker, where this package is not: it may import the standard library, landlockpy from the place
that it is told, and what `prelude_source` puts before it.
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

from llm_strategy.sandbox.walls.canaries_probe import probe
from llm_strategy.sandbox.walls.kernel import become, done, first_to_go, forbid, keep_rights, own_entries

__all__ = ["enter"]

_PARENT_DEATH, _AMBIENT, _RAISE = 1, 47, 2
_READ_ALL = 2  # CAP_DAC_READ_SEARCH
_JUMP_EQUAL = 0x15


def enter(data: dict[str, Any]) -> dict[str, Any]:
    """Put up the walls, and return what trying them gave.

    Raises:
        OSError: a wall cannot be put up.
        ImportError: landlockpy is not where it should be.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    first_to_go()
    _give_up(libc, data["user"], read_all=data["read_all"])
    done(libc.prctl(_PARENT_DEATH, signal.SIGKILL.value, 0, 0, 0), "die with its parent")
    _restrict(data)
    forbid(libc, _filled(base64.b64decode(data["filter"]), data["own_process"]))
    answers = probe(data["plan"])
    answers["file size"] = _file_size(data["write"][0], data["most_disk"])
    return answers


def _give_up(libc: Any, user: int | None, *, read_all: bool) -> None:
    """Give up the rights of root; the one that may be kept is to read what Landlock allows.

    As root, become a user who owns nothing. Programs that are started have the right that is kept as well.
    """
    if user is not None:
        become(libc, user, _READ_ALL if read_all else None)
        own_entries(libc)
    keep_rights(libc, 1 << _READ_ALL if read_all else 0)
    if read_all:
        done(libc.prctl(_AMBIENT, _RAISE, _READ_ALL, 0, 0), "keep a right")


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
