"""How much a workspace holds, looked at from outside."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from llm_strategy.sandbox.limits import Limits

__all__ = ["over_limit"]


def over_limit(folder: Path, limits: Limits) -> str:
    """Return what is too much in a folder, for the author of the code; '' where nothing is. Links are not followed."""
    size = count = 0
    folders = [str(folder)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                count += 1
                if count > limits.files:
                    return f"There are more than {limits.files} files in the workspace: the sandbox was ended."
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                if size > limits.disk_mib << 20:
                    return f"The files hold more than {limits.disk_mib} MiB: the sandbox was ended."
    return ""
