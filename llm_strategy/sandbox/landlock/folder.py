"""The folder on the disk that a session under Landlock may write in, and clearing it away whatever was made of it."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SessionFolder", "make_folder", "remove_folder"]

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


def make_folder(user: int | None) -> SessionFolder:
    """Make a fresh folder for a session.

    Args:
        user: Whom the code will be; None: the user of this process.
    """
    whole = Path(tempfile.mkdtemp(prefix="llm-strategy-session-"))
    made = SessionFolder(whole, whole / "workspace", whole / "tmp")
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
                if _is_folder(entry, inner):
                    count += 1
                    moved = f".llm-strategy-{count}"
                    os.rename(entry, moved, src_dir_fd=inner, dst_dir_fd=top)
                    waiting.append(moved)
                else:
                    os.unlink(entry, dir_fd=inner)
        if name:
            os.rmdir(name, dir_fd=top)


class _Opened:
    """A folder in a folder, open; '' is that folder itself."""

    def __init__(self, name: str, top: int) -> None:
        if name:
            with suppress(OSError):  # it may have been made without rights for its owner
                os.chmod(name, 0o700, dir_fd=top)
        self._number = os.open(name, _FOLDER, dir_fd=top) if name else os.dup(top)

    def __enter__(self) -> int:
        return self._number

    def __exit__(self, *_: object) -> None:
        os.close(self._number)


def _is_folder(name: str, folder: int) -> bool:
    return stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode)
