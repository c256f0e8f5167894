"""What closes the last walls of bubblewrap from inside, before anything else is run: the prelude of its worker.

bubblewrap leaves the interpreter a few rights of root, for what it cannot do itself: a workspace with a limit of files,
another user (the limit of processes does not count for root), and a filter that forbids what the two need. They are
given up here. The standard library is all that there is, and `site` is loaded at the end only.
"""

from __future__ import annotations

import base64
import ctypes
import os
from contextlib import suppress
from typing import Any

__all__ = ["close_walls"]

_READ_ONLY, _NOSUID, _NODEV, _NOEXEC, _BIND, _DETACH = 1, 2, 4, 8, 4096, 2
_SET_DUMPABLE, _DROP_BOUNDING, _SET_FILTER, _NO_NEW_RIGHTS, _AMBIENT = 4, 24, 22, 38, 47
_FILTER_MODE, _CLEAR_ALL = 2, 4
_CAPABILITY_VERSION = 0x20080522
_BOX = "/run/box"


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def close_walls(data: dict[str, Any]) -> object:
    """Close the walls, try them, and return what was found (see `canaries_probe`).

    Raises:
        OSError: a wall could not be put up.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
        file.write("1000")  # where memory ends, this is to go first
    _lay_folders(libc, data)
    _hide_first(libc)
    _become(libc, data["user"])
    os.chdir(data["folders"][0])
    if data["filter"]:
        _forbid(libc, base64.b64decode(data["filter"]))
    found = globals()["probe"](data["plan"])  # it stands behind this text
    import site

    site.main()
    return found


def _lay_folders(libc: Any, data: dict[str, Any]) -> None:
    """Mount one file system with a size and a number of files, and lay it under every folder that can be written."""
    covered = [(path, os.open(path, os.O_PATH)) for path in data["covered"]]
    options = f"size={data['disk']},nr_inodes={data['files']},mode=755"
    _done(libc.mount(b"box", _BOX.encode(), b"tmpfs", _NOSUID | _NODEV, options.encode()), "mount a tmpfs")
    for number, folder in enumerate(data["folders"]):
        part = f"{_BOX}/{number}"
        os.mkdir(part, 0o755)  # noqa: PTH102
        _done(libc.mount(part.encode(), folder.encode(), None, _BIND, None), f"bind {folder}")
    _name_user(libc, data["user"])
    for path, number in covered:
        os.makedirs(path)  # noqa: PTH103
        _done(libc.mount(f"/proc/self/fd/{number}".encode(), path.encode(), None, _BIND, None), f"show {path}")
        os.close(number)
    owner = os.getuid() if data["user"] is None else data["user"]
    for folder in data["folders"]:
        os.chown(folder, owner, owner)
    _done(libc.umount2(_BOX.encode(), _DETACH), "unmount")


def _hide_first(libc: Any) -> None:
    """Cover what `/proc` has on the first process of the namespace, which is bubblewrap's.

    It has neither the filter nor the limits. Where an ordinary user runs it, it belongs to the same user as the code,
    who could write another program into its memory.
    """
    flags = _READ_ONLY | _NOSUID | _NODEV | _NOEXEC
    _done(libc.mount(b"nothing", b"/proc/1", b"tmpfs", flags, b"size=4k,nr_inodes=1,mode=0"), "cover /proc/1")


def _name_user(libc: Any, user: int | None) -> None:
    """Give the user a name and a home folder, which some packages ask for."""
    number = os.getuid() if user is None else user
    with open(f"{_BOX}/passwd", "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(f"sandbox:x:{number}:{number}::/sandbox:/bin/sh\n")
    os.chmod(f"{_BOX}/passwd", 0o444)  # noqa: PTH101
    _done(libc.mount(f"{_BOX}/passwd".encode(), b"/etc/passwd", None, _BIND, None), "name the user")


def _become(libc: Any, user: int | None) -> None:
    """Give up every right of root; where this is the root of the machine, become another user."""
    _done(libc.prctl(_NO_NEW_RIGHTS, 1, 0, 0, 0), "forbid new rights")
    if user is not None:
        with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:  # noqa: PTH123
            last = int(file.read())
        for right in range(last + 1):
            _done(libc.prctl(_DROP_BOUNDING, right, 0, 0, 0), "drop a right")
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    _done(libc.prctl(_AMBIENT, _CLEAR_ALL, 0, 0, 0), "drop ambient rights")
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _done(libc.capset(header, nothing), "drop all rights")
    # A process that changed its user may not read its own entries under /proc, which Python uses to start others.
    _done(libc.prctl(_SET_DUMPABLE, 1, 0, 0, 0), "own its entries under /proc")


def _forbid(libc: Any, program: bytes) -> None:
    rules = _Filter(len(program) // 8, program)
    _done(libc.prctl(_SET_FILTER, _FILTER_MODE, ctypes.byref(rules), 0, 0), "load the filter of system calls")


def _done(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot {what}: {os.strerror(number)}")
