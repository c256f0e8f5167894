"""The file store: what a control unit reads and changes, by transactions."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from threading import RLock
from typing import TYPE_CHECKING, Final, Self

from llm_strategy.errors import EditError, EditsRefusedError, InputError, StoredDataError
from llm_strategy.files import Folder, checked_path
from llm_strategy.planner.editing import edited
from llm_strategy.planner.file_store.changes import Change, Version, digest_of, json_of, new_change
from llm_strategy.planner.file_store.search import Hit, hits_in
from llm_strategy.planner.file_store.versions import Versions
from llm_strategy.planner.file_store.writing import Writing, own_path
from llm_strategy.planner.own_folder import own_folder
from llm_strategy.schema.json_data import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from llm_strategy.planner.editing import Edit

__all__ = ["Applied", "FileStore"]

_MOST_BYTES: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Applied:
    """What a transaction did."""

    change: int
    """Its number in the history; 0 where nothing changed."""
    created: tuple[str, ...] = ()
    """Files that are new."""
    written: tuple[str, ...] = ()
    """Files that have another text now."""
    deleted: tuple[str, ...] = ()
    """Files that are gone."""


class FileStore:
    r"""The files of a workspace.

    A transaction is applied whole or not at all, also where the process is killed in its middle. Files that somebody
    else has changed are taken as they are, and that version is kept before it is overwritten.

    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> from llm_strategy.planner.editing import Replace, Write
    >>> with TemporaryDirectory() as place, FileStore(Path(place)) as store:
    ...     _ = store.apply([Write("a.py", "x = 1\n"), Replace("a.py", "x = 1", "x = 2")], step="1")
    ...     store.read("a.py"), [change.kind for change in store.changes()]
    ('x = 2\n', ['edits'])

    Several processes may have a store open at once: their transactions take turns.

    Raises:
        StoredDataError: its history cannot be read.
        WorkspaceError: the folder cannot be made or written to.
    """

    def __init__(self, root: Path) -> None:
        own = own_folder(root)
        self.folder = Folder(root)
        """The files, below checked paths."""
        self._lock = RLock()
        self._versions = Versions(own.root / "history.sqlite")
        self._writing = Writing(self.folder, self._versions)
        try:
            self._writing.carry_out_what_is_left()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the history."""
        self._versions.close()

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all files in order, without those in folders of programs (`files.foreign`)."""
        return tuple(self.folder.paths())

    def read(self, path: str) -> str | None:
        """Return the text of a file; None where there is none.

        Raises:
            InputError: the path leaves the workspace, or the file is no text, or too large.
        """
        data = self._bytes(path)
        if data is None:
            return None
        if len(data) > _MOST_BYTES:
            raise InputError(f"The file {path!r} is larger than {_MOST_BYTES:,} bytes. It is not read whole.")
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise InputError(f"The file {path!r} is no text in UTF-8.") from error

    def _bytes(self, path: str) -> bytes | None:
        try:
            return self.folder.read(path, _MOST_BYTES + 1)
        except FileNotFoundError:
            return None

    def apply(self, edits: Sequence[Edit], *, step: str = "", key: str = "") -> Applied:
        """Apply edits in their order, all of them or none.

        Args:
            edits: what is to be changed.
            step: who asks for it.
            key: a name for this call. Where the same edits came with the same key before, as in a run that was killed
                and goes on, nothing is done, and what had come of them then is returned or raised again.

        Raises:
            EditsRefusedError: one cannot be applied; it says which, and why, for all of them.
            WorkspaceError: the files cannot be written. What was there is there.
        """
        asked = [{"edit": type(edit).__name__, **asdict(edit)} for edit in edits]
        change = new_change("edits", asked, step=step, key=key)
        with self._lock:
            with self._versions.transaction():
                self._writing.carry_out_what_is_left()
                change = self._known(change) or self._begun(edits, change)
            if change.kind == "refused":
                raise EditsRefusedError(_problems_of(change), change.number)
            self._writing.carry_out(change.number)
            return self._applied(change.number)

    def _known(self, asked: Change) -> Change | None:
        """The change that came of the same edits under the same key, unless it failed."""
        for change in self._versions.known(asked.key):
            data = change.data()
            then = data.get("edits") if is_object(data) else data
            if change.kind != "failed" and json_of(then) == asked.about:
                return change
        return None

    def _begun(self, edits: Sequence[Edit], change: Change) -> Change:
        """Write down what edits make of the files, or why they make nothing of them."""
        after, problems = self._edited(edits)
        if problems:
            about = json_of({"edits": change.data(), "problems": problems})
            return self._added(replace(change, kind="refused", about=about), {}, done=True)
        before = {path: self._bytes(path) for path in after}
        self._keep_foreign(before, change.step)
        changed = {path: data for path, data in after.items() if before[path] != data}
        if not changed and not change.key:
            return change
        return self._added(change, changed, done=not changed)

    def _added(self, change: Change, files: dict[str, bytes | None], *, done: bool) -> Change:
        return replace(change, number=self._versions.add(change, files, done=done))

    def _edited(self, edits: Sequence[Edit]) -> tuple[dict[str, bytes | None], list[str]]:
        texts: dict[str, str | None] = {}
        problems: list[str] = []
        for edit in edits:
            try:
                path = own_path(edit.path)
                if path not in texts:
                    texts[path] = self.read(path)
                texts[path] = edited(edit, texts[path])
            except (EditError, InputError, OSError) as error:
                problems.append(str(error))
        problems.extend(_in_each_other(texts))
        try:
            return {path: None if text is None else text.encode() for path, text in texts.items()}, problems
        except UnicodeEncodeError:
            return {}, [*problems, "A text holds half a character (a lone surrogate), which no file can hold."]

    def _keep_foreign(self, before: dict[str, bytes | None], step: str) -> None:
        foreign = {
            path: data
            for path, data in before.items()
            if self._versions.last(path) != (None if data is None else digest_of(data))
        }
        if foreign:
            self._versions.add(new_change("outside", step=step), foreign, done=True)

    def _applied(self, number: int) -> Applied:
        made = self._versions.of_change(number) if number else []
        there = {one.path: self._versions.before(one) is not None for one in made}
        return Applied(
            number if made else 0,
            created=tuple(one.path for one in made if one.digest is not None and not there[one.path]),
            written=tuple(one.path for one in made if one.digest is not None and there[one.path]),
            deleted=tuple(one.path for one in made if one.digest is None),
        )

    def search(self, words: str, *, where: str = "*", most: int = 50) -> tuple[Hit, ...]:
        """Return lines that hold `words`, whatever their case, in files whose paths match the pattern `where`."""
        return tuple(hits_in(self._texts(), words, where=where, most=most)) if words.strip() else ()

    def _texts(self) -> Iterator[tuple[str, str]]:
        for path in self.paths():
            with suppress(InputError, OSError):
                yield path, self.read(path) or ""

    def changes(self) -> list[Change]:
        """Return everything that happened, oldest first."""
        return self._versions.changes()

    def last_change(self) -> int:
        """Return the number of the last change; 0 where nothing happened yet."""
        return self._versions.last_change()

    def versions(self, path: str) -> list[Version]:
        """Return the versions of a file, oldest first. Raises InputError."""
        return self._versions.of_path(checked_path(path))

    def text_of(self, version: Version) -> bytes | None:
        """Return the bytes of a version; None where the file was deleted. Raises StoredDataError."""
        return self._versions.text(version.digest)

    def steps_of_files(self) -> dict[str, frozenset[str]]:
        """Return which steps have made or changed each file, those included that are gone since."""
        return self._versions.steps_of_paths()

    def paths_of(self, step: str) -> tuple[str, ...]:
        """Return the files that a step has made, changed or deleted."""
        return tuple(path for path, steps in self.steps_of_files().items() if step in steps)


def _in_each_other(texts: Mapping[str, str | None]) -> list[str]:
    """What is wrong with files of which one would have to be the folder of another."""
    files = {path for path, text in texts.items() if text is not None}
    return [
        f"The path {path!r} needs a folder {above!r}, and a file of that name is to be written as well."
        for path in sorted(files)
        for above in sorted(files)
        if path.startswith(f"{above}/")
    ]


def _problems_of(change: Change) -> list[str]:
    data = change.data()
    problems: object = data.get("problems") if is_object(data) else None
    if not is_list(problems):
        raise StoredDataError(f"Change {change.number} of the history says not why it was refused. Move it away.")
    return [str(problem) for problem in problems]
