"""The files of the workspace: what changed, and reading and writing them for the host.

The host never touches a file that the code could have laid a link in the place of: it asks here, where no link leads
out of the walls.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TypeAlias

__all__ = ["Stamps", "changes", "read_part", "scan", "write_part"]

Stamps: TypeAlias = "dict[str, tuple[int, int, int, int]]"
"""Size, time and identity of files by path."""

_HIDDEN = frozenset({"__pycache__", ".pytest_cache", ".cache", ".config", ".matplotlib", ".ipynb_checkpoints"})
_MOST_CHANGES = 200
_FOLLOW_NOTHING = os.O_NOFOLLOW | os.O_CLOEXEC


def scan(root: str, most: int) -> Stamps:
    """Look at all files below a folder, but caches; stop after `most` entries."""
    found: Stamps = {}
    folders = [""]
    entries = 0
    while folders:
        below = folders.pop()
        with suppress(OSError), os.scandir(f"{root}/{below}") as each:
            for entry in each:
                entries += 1
                if entries > most:
                    return found
                _note(entry, f"{below}{entry.name}", folders, found)
    return found


def _note(entry: os.DirEntry[str], path: str, folders: list[str], found: Stamps) -> None:
    with suppress(OSError):
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _HIDDEN:
                folders.append(f"{path}/")
            return
        told = entry.stat(follow_symlinks=False)
        found[path] = told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino


def changes(before: Stamps, after: Stamps) -> list[dict[str, str | int]]:
    """Return path, operation and size of what changed, in order of the paths; of very many the first ones."""
    if before == after:
        return []
    told: list[dict[str, str | int]] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        operation = "delete" if new is None else "create" if old is None else "write"
        name = path.encode("utf-8", "replace").decode()
        told.append({"path": name, "operation": operation, "size": 0 if new is None else new[0]})
        if len(told) == _MOST_CHANGES:
            break
    return told


def read_part(root: str, path: str, start: int, count: int) -> bytes:
    """Return bytes of a file. Raises OSError, also where a link is on the way."""
    number = _open(root, path, os.O_RDONLY | os.O_NONBLOCK, make=False)
    try:
        return os.pread(number, count, start)
    finally:
        os.close(number)


def write_part(root: str, path: str, start: int, data: bytes) -> None:
    """Write bytes into a file; at its start it is emptied. Folders on the way are made. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | (0 if start else os.O_TRUNC)
    number = _open(root, path, flags, make=True)
    try:
        rest = memoryview(data)
        while rest:
            written = os.pwrite(number, rest, start)
            start, rest = start + written, rest[written:]
    finally:
        os.close(number)


def _open(root: str, path: str, flags: int, *, make: bool) -> int:
    *folders, name = path.split("/")
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(folder, dir_fd=here)
            below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | _FOLLOW_NOTHING, dir_fd=here)
            os.close(here)
            here = below
        return os.open(name, flags | _FOLLOW_NOTHING, 0o644, dir_fd=here)
    finally:
        os.close(here)
