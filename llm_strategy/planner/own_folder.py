"""The folder of a workspace that is the library's own: no edit of a model can reach it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import WorkspaceError
from llm_strategy.files import Folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["OWN_FOLDER", "own_folder"]

OWN_FOLDER: Final = ".llm-strategy"


def own_folder(workspace: Path) -> Folder:
    """Return the folder of a workspace that is the library's own; it is made where it is missing.

    It says by itself that it is to be left out of commits. Tasks, replies and texts of files lie in it as they are: so
    it is made for its owner alone, where the system knows permissions. One that is there keeps those that it has.

    Raises:
        WorkspaceError: it cannot be made or written, or is a link.
    """
    place = workspace.absolute() / OWN_FOLDER
    if place.is_symlink():
        raise WorkspaceError(f"{str(place)!r} is a link. Delete it: what is written there would go somewhere else.")
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WorkspaceError(
            f"The folder {str(place)!r} cannot be made: {_nearest(place)!r} takes no new folder ({error.strerror}). "
            "Name a workspace in a folder that you may write to."
        ) from error
    try:
        folder = Folder(place)
        if not folder.holds(".gitignore"):
            folder.write(".gitignore", b"*\n")
    except OSError as error:
        raise WorkspaceError(
            f"The workspace {str(workspace)!r} cannot be written: {error.strerror}. Name another folder, or allow "
            "writing there."
        ) from error
    return folder


def _nearest(place: Path) -> str:
    """Return the folder above that is there."""
    return next((str(one) for one in place.parents if os.path.lexists(one)), str(place.anchor))
