"""Where the state of a run lies in a workspace: all of it in one folder, which no edit of a model can reach."""

from __future__ import annotations

import re
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import WorkspaceError
from llm_strategy.files import Folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["OWN_FOLDER", "PROGRAM", "journal_name", "own_folder", "remove_journal"]

OWN_FOLDER: Final = ".llm-strategy"
PROGRAM: Final = "program.yaml"
_BESIDE: Final = ("", "-wal", "-shm", "-journal", ".lock", ".new")
"""Endings of the files of one journal."""
_PLAIN: Final = re.compile(r"[^A-Za-z0-9]+")


def own_folder(workspace: Path) -> Folder:
    """Return the folder of a workspace that is the library's own; it is made where it is missing.

    It says by itself that it is to be left out of commits.

    Raises:
        WorkspaceError: it cannot be made or written, or is a link.
    """
    place = workspace.absolute() / OWN_FOLDER
    if place.is_symlink():
        raise WorkspaceError(f"{str(place)!r} is a link. Delete it: what is written there would go somewhere else.")
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


def journal_name(path: str, epoch: int) -> str:
    """Return the name of the journal of a step: readable, and another one for each path and epoch.

    >>> journal_name("4[users]/5", 0)
    '4-users-5-0fd15098-0.db'
    """
    shown = _PLAIN.sub("-", path).strip("-")[:40]
    digest = sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{shown}-{digest}-{epoch}.db"


def remove_journal(journal: Path) -> None:
    """Remove a journal with all that lies beside it; the log first, so that a part is never taken for the whole."""
    for ending in reversed(_BESIDE):
        with suppress(FileNotFoundError):
            journal.with_name(f"{journal.name}{ending}").unlink()
