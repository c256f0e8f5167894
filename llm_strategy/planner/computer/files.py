"""The files of a workspace, as the control unit needs them: all texts, and the way back to an earlier state."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.errors import InputError
from llm_strategy.planner.editing import Delete, Write

if TYPE_CHECKING:
    from llm_strategy.planner.file_store import Applied, FileStore

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
    changes = store.changes()
    return changes[-1].number if changes else 0


def put_back(store: FileStore, mark: int, *, step: str, key: str) -> Applied:
    """Put the files that were edited since a mark back as they were, as one more change."""
    first: dict[str, int] = {}
    for change in store.changes():
        if change.number > mark and change.kind == "edits":
            edits = cast("list[dict[str, Any]]", change.data())
            for edit in edits:
                first.setdefault(str(edit["path"]), change.number)
    edits_back: list[Write | Delete] = []
    for path, number in first.items():
        before = [one for one in store.versions(path) if one.change < number]
        data = store.text_of(before[-1]) if before else None
        if data is not None:
            edits_back.append(Write(path, data.decode()))
        elif store.folder.holds(path):
            edits_back.append(Delete(path))
    return store.apply(edits_back, step=step, key=key)
