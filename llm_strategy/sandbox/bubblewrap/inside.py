"""What closes the last walls of bubblewrap from inside, before anything else is run: the prelude of its worker.

bubblewrap leaves the interpreter a few rights of root, for what it cannot do itself: a workspace with a limit of files,
another user (the limit of processes does not count for root), and a filter that forbids what the two need. They are
given up here. The standard library is all that there is (see `prelude_source`), and `site` is loaded at the end only.
"""

from __future__ import annotations

import base64
import ctypes
import os
from typing import Any

from llm_strategy.sandbox.walls.canaries_probe import probe
from llm_strategy.sandbox.walls.kernel import become, done, first_to_go, forbid, keep_rights, own_entries

__all__ = ["close_walls"]

_READ_ONLY, _NOSUID, _NODEV, _NOEXEC, _BIND, _DETACH = 1, 2, 4, 8, 4096, 2
_NO_NEW_RIGHTS, _AMBIENT, _CLEAR_ALL = 38, 47, 4
_BOX = "/run/box"


def close_walls(data: dict[str, Any]) -> object:
    """Close the walls, try them, and return what was found (see `canaries_probe`).

    Raises:
        OSError: a wall could not be put up.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    first_to_go()
    _lay_folders(libc, data)
    _hide_first(libc)
    _give_up(libc, data["user"])
    os.chdir(data["folders"][0])
    if data["filter"]:
        forbid(libc, base64.b64decode(data["filter"]))
    found = probe(data["plan"])
    import site

    site.main()
    return found


def _lay_folders(libc: Any, data: dict[str, Any]) -> None:
    """Mount one file system with a size and a number of files, and lay it under every folder that can be written."""
    covered = [(path, os.open(path, os.O_PATH)) for path in data["covered"]]
    options = f"size={data['disk']},nr_inodes={data['files']},mode=755"
    done(libc.mount(b"box", _BOX.encode(), b"tmpfs", _NOSUID | _NODEV, options.encode()), "mount a tmpfs")
    for number, folder in enumerate(data["folders"]):
        part = f"{_BOX}/{number}"
        os.mkdir(part, 0o755)  # noqa: PTH102
        done(libc.mount(part.encode(), folder.encode(), None, _BIND, None), f"bind {folder}")
    _name_user(libc, data["user"])
    for path, number in covered:
        os.makedirs(path)  # noqa: PTH103
        done(libc.mount(f"/proc/self/fd/{number}".encode(), path.encode(), None, _BIND, None), f"show {path}")
        os.close(number)
    owner = os.getuid() if data["user"] is None else data["user"]
    for folder in data["folders"]:
        os.chown(folder, owner, owner)
    done(libc.umount2(_BOX.encode(), _DETACH), "unmount")


def _hide_first(libc: Any) -> None:
    """Cover what `/proc` has on the first process of the namespace, which is bubblewrap's.

    It has neither the filter nor the limits. Where an ordinary user runs it, it belongs to the same user as the code,
    who could write another program into its memory.
    """
    flags = _READ_ONLY | _NOSUID | _NODEV | _NOEXEC
    done(libc.mount(b"nothing", b"/proc/1", b"tmpfs", flags, b"size=4k,nr_inodes=1,mode=0"), "cover /proc/1")


def _name_user(libc: Any, user: int | None) -> None:
    """Give the user a name and a home folder, which some packages ask for."""
    number = os.getuid() if user is None else user
    with open(f"{_BOX}/passwd", "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(f"sandbox:x:{number}:{number}::/sandbox:/bin/sh\n")
    os.chmod(f"{_BOX}/passwd", 0o444)  # noqa: PTH101
    done(libc.mount(f"{_BOX}/passwd".encode(), b"/etc/passwd", None, _BIND, None), "name the user")


def _give_up(libc: Any, user: int | None) -> None:
    """Give up every right of root; where this is the root of the machine, become another user."""
    done(libc.prctl(_NO_NEW_RIGHTS, 1, 0, 0, 0), "forbid new rights")
    if user is not None:
        become(libc, user)
    done(libc.prctl(_AMBIENT, _CLEAR_ALL, 0, 0, 0), "drop ambient rights")
    keep_rights(libc)
    own_entries(libc)
