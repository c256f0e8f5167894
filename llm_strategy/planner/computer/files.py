"""The files of a workspace, as the control unit needs them: all texts, and the way back to an earlier state."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.errors import EditsRefusedError, InputError
from llm_strategy.planner.editing import Delete, Write

if TYPE_CHECKING:
    from llm_strategy.planner.file_store import FileStore

__all__ = ["mark_of", "put_back", "texts_of"]


def texts_of(store: FileStore) -> dict[str, str]:
    """Return the texts of all files by path; what is no text is left out."""
    found: dict[str, str] = {}
    for path in store.paths():
        with suppress(InputError, OSError):
            found[path] = store.read(path) or ""
    return found


def mark_of(store: FileStore) -> int:
    """Return the number of the last change: the state to which `put_back` can return."""
    return store.last_change()


def put_back(store: FileStore, mark: int, *, step: str, key: str) -> list[str]:
    """Put the files that were edited since a mark back as they were.

    Returns:
        The files that are left as they are, because somebody else has changed them since, or their text cannot be put.
    """
    first: dict[str, int] = {}
    for change in store.changes():
        if change.number > mark and change.kind == "edits":
            edits = cast("list[dict[str, Any]]", change.data())
            for edit in edits:
                first.setdefault(str(edit["path"]), change.number)
    left: list[str] = []
    for path, number in first.items():
        versions = store.versions(path)
        before = [one for one in versions if one.change < number]
        try:
            if store.folder.holds(path) and _bytes_of(store, path) != store.text_of(versions[-1]):
                left.append(path)
                continue
            data = store.text_of(before[-1]) if before else None
            if data is not None:
                store.apply([Write(path, data.decode())], step=step, key=f"{key} {path}")
            elif store.folder.holds(path):
                store.apply([Delete(path)], step=step, key=f"{key} {path}")
        except (EditsRefusedError, InputError, UnicodeDecodeError):
            left.append(path)
    return left


def _bytes_of(store: FileStore, path: str) -> bytes | None:
    try:
        return store.folder.read(path)
    except FileNotFoundError:
        return None
