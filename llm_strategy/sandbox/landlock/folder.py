"""The folder on the disk that a session under Landlock may write in, and clearing it away whatever was made of it."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from llm_strategy.sandbox.walls.left_folders import hold, sweep_once

__all__ = ["SessionFolder", "make_folder", "remove_folder"]

_PREFIX = "llm-strategy-session-"
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True, slots=True)
class SessionFolder:
    """Where a session may write."""

    whole: Path
    """The folder around the two; the code can neither list nor change it."""
    workspace: Path
    """Files of the session."""
    temporary: Path
    """What is its home, and where temporary files go."""
    locks: list[int] = field(default_factory=list[int])
    """What is open as long as the folder is in use (see `left_folders`)."""

    def remove(self) -> None:
        """Remove it. May be called twice."""
        remove_folder(self.whole)
        while self.locks:
            os.close(self.locks.pop())


def make_folder(user: int | None) -> SessionFolder:
    """Make a fresh folder for a session.

    Args:
        user: Whom the code will be; None: the user of this process.
    """
    sweep_once(_PREFIX, remove_folder)
    whole = Path(tempfile.mkdtemp(prefix=_PREFIX))
    made = SessionFolder(whole, whole / "workspace", whole / "tmp", [hold(whole)])
    for folder in (made.workspace, made.temporary):
        folder.mkdir(mode=0o700)
        if user is not None:
            os.chown(folder, user, user)
    if user is not None:
        whole.chmod(0o711)
    return made


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it; does nothing where it is gone.

    Folders in folders are first moved to the top: so neither a path that is too long for the kernel, nor a tree that
    is too deep for Python, is left behind. Links are removed, not followed.
    """
    with suppress(OSError):
        top = os.open(folder, _FOLDER)
        try:
            _empty(top)
        finally:
            os.close(top)
        folder.rmdir()


def _empty(top: int) -> None:
    waiting = [""]
    count = 0
    while waiting:
        name = waiting.pop()
        with _Opened(name, top) as inner:
            for entry in os.listdir(inner):  # noqa: PTH208  # by its descriptor
                with suppress(OSError):  # what cannot be removed keeps nothing else
                    if not _is_folder(entry, inner):
                        os.unlink(entry, dir_fd=inner)
                        continue
                    os.chmod(entry, 0o700, dir_fd=inner)  # made without rights, its owner could not even move it
                    count += 1
                    moved = f".llm-strategy-{count}"
                    os.rename(entry, moved, src_dir_fd=inner, dst_dir_fd=top)
                    waiting.append(moved)
        if name:
            with suppress(OSError):
                os.rmdir(name, dir_fd=top)


class _Opened:
    """A folder in a folder, open; '' is that folder itself."""

    def __init__(self, name: str, top: int) -> None:
        self._number = os.open(name, _FOLDER, dir_fd=top) if name else os.dup(top)

    def __enter__(self) -> int:
        return self._number

    def __exit__(self, *_: object) -> None:
        os.close(self._number)


def _is_folder(name: str, folder: int) -> bool:
    return stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode)
