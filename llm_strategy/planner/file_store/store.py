"""The file store: what a control unit reads and changes, by transactions."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from threading import RLock
from typing import TYPE_CHECKING, Final, Self

from llm_strategy.errors import EditError, EditsRefusedError, InputError
from llm_strategy.files import Folder, checked_path
from llm_strategy.planner.editing import edited
from llm_strategy.planner.file_store.search import Hit, hits_in
from llm_strategy.planner.file_store.versions import Change, Version, Versions, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from llm_strategy.planner.editing import Edit

__all__ = ["Applied", "FileStore"]

OWN_FOLDER: Final = ".llm-strategy"
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

    Raises:
        StoredDataError: its history cannot be read.
        OSError: the folder cannot be made or written to.
    """

    def __init__(self, root: Path) -> None:
        self.folder = Folder(root)
        """The files, below checked paths."""
        self._lock = RLock()
        self._versions = Versions(self.folder.root / OWN_FOLDER / "history.sqlite")
        for number, files in self._versions.unfinished():
            self._put(number, files)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the history."""
        self._versions.close()

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all files in order, without those whose names begin with a dot."""
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

    def apply(self, edits: Sequence[Edit], *, step: str = "") -> Applied:
        """Apply edits in their order, all of them or none.

        Raises:
            EditsRefusedError: one cannot be applied; it says which, and why, for all of them.
            OSError: the files cannot be written. What was there is there, and the rest follows when the store is next
                opened.
        """
        with self._lock:
            after, problems = self._edited(edits)
            asked = [{"edit": type(edit).__name__, **asdict(edit)} for edit in edits]
            if problems:
                change = self._versions.begin(step, "refused", {}, {"edits": asked, "problems": problems}, done=True)
                raise EditsRefusedError(problems, change)
            before = {path: self._bytes(path) for path in after}
            self._keep_foreign(before, step)
            changed = {path: data for path, data in after.items() if before[path] != data}
            if not changed:
                return Applied(0)
            number = self._versions.begin(step, "edits", changed, asked)
            self._put(number, changed)
            return _applied(number, before, changed)

    def _edited(self, edits: Sequence[Edit]) -> tuple[dict[str, bytes | None], list[str]]:
        texts: dict[str, str | None] = {}
        problems: list[str] = []
        for edit in edits:
            try:
                path = _own_path(edit.path)
                if path not in texts:
                    texts[path] = self.read(path)
                texts[path] = edited(edit, texts[path])
            except (EditError, InputError, OSError) as error:
                problems.append(str(error))
        try:
            return {path: None if text is None else text.encode() for path, text in texts.items()}, problems
        except UnicodeEncodeError:
            return {}, [*problems, "A text holds half a character (a lone surrogate), which no file can hold."]

    def _keep_foreign(self, before: dict[str, bytes | None], step: str) -> None:
        known = self._versions.latest()
        foreign = {
            path: data
            for path, data in before.items()
            if known.get(path) != (None if data is None else digest_of(data))
        }
        if foreign:
            self._versions.begin(step, "outside", foreign, done=True)

    def _put(self, number: int, files: dict[str, bytes | None]) -> None:
        for path, data in files.items():
            if data is not None:
                self.folder.write(path, data)
            else:
                with suppress(FileNotFoundError):
                    self.folder.delete(path)
        self._versions.finish(number)

    def search(self, words: str, *, where: str = "*", most: int = 50) -> tuple[Hit, ...]:
        """Return lines that hold `words`, whatever their case, in files whose paths match the pattern `where`."""
        return tuple(hits_in(self._texts(), words, where=where, most=most)) if words.strip() else ()

    def _texts(self) -> Iterator[tuple[str, str]]:
        for path in self.paths():
            with suppress(InputError, OSError):
                yield path, self.read(path) or ""

    def changes(self) -> list[Change]:
        """Return everything that happened, oldest first."""
        with self._lock:
            return self._versions.changes()

    def versions(self, path: str) -> list[Version]:
        """Return the versions of a file, oldest first. Raises InputError."""
        with self._lock:
            return self._versions.of_path(checked_path(path))

    def text_of(self, version: Version) -> bytes | None:
        """Return the bytes of a version; None where the file was deleted. Raises StoredDataError."""
        with self._lock:
            return self._versions.text(version.digest)


def _own_path(path: str) -> str:
    found = checked_path(path)
    if found.split("/")[0].casefold() in {OWN_FOLDER, ".git"}:
        raise InputError(
            f"The path {path!r} is not for edits: the folder {found.split('/')[0]!r} belongs to a program."
        )
    return found


def _applied(number: int, before: dict[str, bytes | None], after: dict[str, bytes | None]) -> Applied:
    return Applied(
        number,
        created=tuple(path for path, data in after.items() if data is not None and before[path] is None),
        written=tuple(path for path, data in after.items() if data is not None and before[path] is not None),
        deleted=tuple(path for path, data in after.items() if data is None),
    )
