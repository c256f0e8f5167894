"""Putting a change that is written down into the files; by whoever comes next, where the process was killed meanwhile.

Files are touched only by who keeps the history for itself (`transaction`), and only for changes that are not said to be
done: so a process that finishes another one's change never comes too late, after a later change.

Covered: a kill at any moment, several processes, files that cannot be written (the change is undone, and kept as
`failed`), files that somebody else has changed since the change was written down (they stay as they are). Not covered:
somebody else who writes a file between the look at it and the writing; a disk that is full while a change is undone
(the change is then carried out when there is room).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from llm_strategy.errors import InputError, StoredDataError, WorkspaceError
from llm_strategy.files import checked_path, foreign_folder
from llm_strategy.planner.own_folder import OWN_FOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.files import Folder
    from llm_strategy.planner.file_store.changes import Change, Version
    from llm_strategy.planner.file_store.versions import Versions

__all__ = ["Writing", "own_path"]


class Writing:
    """Carries changes out.

    Args:
        folder: the files.
        versions: the history, where changes are written down before.
    """

    def __init__(self, folder: Folder, versions: Versions) -> None:
        self._folder, self._versions = folder, versions

    def carry_out(self, number: int) -> None:
        """Put the files of a change into place, unless somebody has done it.

        Raises:
            WorkspaceError: a file cannot be written; it says what became of the others.
        """
        with self._versions.transaction():
            left = [change for change in self._versions.unfinished() if change.number == number]
            wrong = [problem for change in left for problem in self._problems(change)]
        if wrong:
            raise WorkspaceError(f"The workspace {str(self._folder.root)!r} cannot be written: {wrong[0]}")

    def carry_out_what_is_left(self) -> None:
        """Carry out what processes that were killed have left, and remove what they had half-written."""
        if not self._versions.unfinished():
            return
        with self._versions.transaction():
            left = self._versions.unfinished()
            for change in left:
                self._problems(change)
            if left:
                for path in list(self._folder.half_written()):
                    if not path.startswith(f"{OWN_FOLDER}/"):
                        with suppress(OSError, InputError):
                            self._folder.delete(path)

    def _problems(self, change: Change) -> list[str]:
        """Carry a change out, or undo it, and say why."""
        versions = self._versions.of_change(change.number)
        _check_paths(versions)
        try:
            for version in versions:
                before, after = self._texts(version)
                if self._there(version.path) == before:
                    self._put(version.path, after)
        except (OSError, InputError) as error:
            said = f"{str(error).rstrip('.')}. What was to be written is in the history, as change {change.number}"
            if not self._is_undone(versions):
                return [f"{said}, and follows when it can be written."]
            self._versions.give_up(change.number, {"edits": change.data(), "problems": [str(error)]})
            return [f"{said}; no file was changed."]
        self._versions.finish(change.number)
        return []

    def _is_undone(self, versions: Sequence[Version]) -> bool:
        for version in versions:
            before, after = self._texts(version)
            try:
                if self._there(version.path) == after:
                    self._put(version.path, before)
            except InputError:
                continue  # what is there now is no file, and none of ours
            except OSError:
                return False
        return True

    def _texts(self, version: Version) -> tuple[bytes | None, bytes | None]:
        return self._versions.text(self._versions.before(version)), self._versions.text(version.digest)

    def _there(self, path: str) -> bytes | None:
        try:
            return self._folder.read(path)
        except FileNotFoundError:
            return None

    def _put(self, path: str, data: bytes | None) -> None:
        if data is not None:
            self._folder.write(path, data)
        else:
            with suppress(FileNotFoundError):
                self._folder.delete(path)


def own_path(path: str) -> str:
    """Return a path of a workspace that is for edits, in its one spelling.

    >>> own_path("./src/app.py")
    'src/app.py'

    Raises:
        InputError: it leaves the workspace, or belongs to a program.
    """
    found = checked_path(path)
    taken = foreign_folder(found)
    if taken:
        raise InputError(f"The path {path!r} is not for edits: the folder {taken!r} belongs to a program.")
    return found


def _check_paths(versions: Sequence[Version]) -> None:
    for version in versions:
        try:
            fits = own_path(version.path) == version.path
        except InputError as error:
            raise StoredDataError(f"The history holds a path that no edit can have: {error} Move it away.") from error
        if not fits:
            raise StoredDataError(f"The history holds the path {version.path!r} in another spelling. Move it away.")
