"""How much a workspace holds, looked at from outside."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llm_strategy.sandbox.limits import Limits

__all__ = ["over_limit"]

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


def over_limit(folder: Path, limits: Limits) -> str:
    """Return what is too much in a folder, for the author of the code; '' where nothing is. Links are not followed.

    A folder that cannot be listed is too much: its path is too long for the kernel, or it was made without the right to
    read it. Not covered: files that are moved to where the look has been already.
    """
    size = count = 0
    folders = [str(folder)]
    while folders:
        path = folders.pop()
        try:
            for entry in _entries(path):
                count += 1
                if count > limits.files:
                    return f"There are more than {limits.files} files in the workspace: the sandbox was ended."
                with suppress(FileNotFoundError):
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(f"{path}/{entry.name}")
                    else:
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                if size > limits.disk_mib << 20:
                    return f"The files hold more than {limits.disk_mib} MiB: the sandbox was ended."
        except (FileNotFoundError, NotADirectoryError):  # it was removed meanwhile
            continue
        except OSError as error:
            return f"A folder in the workspace could not be looked at ({error.strerror}): the sandbox was ended."
    return ""


def _entries(path: str) -> Iterator[os.DirEntry[str]]:
    number = os.open(path, _FOLDER)
    try:
        with os.scandir(number) as entries:
            yield from entries
    finally:
        os.close(number)
