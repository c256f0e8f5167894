"""Taking the files that the actions made out of the sandbox, into one folder and nowhere else.

Covered: paths that lead out of the folder, by `..`, as absolute ones or through links that stand in it; files that
replace others do so as a whole. Not covered: what is in the files. Nobody has looked at it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import mkstemp
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import InputError, LLMStrategyError, SandboxLostError, StoredDataError
from llm_strategy.schema.json_data import is_list

if TYPE_CHECKING:
    from llm_strategy.sandbox.session import Session

__all__ = ["KeepFiles", "RescueFiles"]


@dataclass(frozen=True, slots=True)
class KeepFiles:
    """Copy files out of a sandbox; answered with their paths below the folder. A journal keeps the answer."""

    session: Session
    """Where they are."""
    paths: tuple[str, ...]
    """Which, below the workspace."""
    folder: str
    """Where they go."""

    def perform(self) -> tuple[str, ...]:
        """Copy them; those that are gone, or that would lie outside of the folder, are left out."""
        Path(self.folder).mkdir(parents=True, exist_ok=True)
        return tuple(path for path in self.paths if self._kept(path))

    async def aperform(self) -> tuple[str, ...]:
        """Copy them in a thread."""
        import asyncio  # who is in a loop has it already

        return await asyncio.to_thread(self.perform)

    def _kept(self, path: str) -> bool:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts:
            return False
        folder = Path(self.folder).resolve()
        parent = folder.joinpath(*parts[:-1])
        if not parent.resolve().is_relative_to(folder):
            return False
        try:
            data = self.session.read_file(path)
            parent.mkdir(parents=True, exist_ok=True)
            _put(parent / parts[-1], data)
        except (InputError, SandboxLostError, FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return False
        return True

    def journal_data(self) -> Any:
        """Return what is copied where."""
        return {"paths": list(self.paths), "folder": self.folder}

    def answer_data(self, answer: tuple[str, ...]) -> Any:
        """Return the answer."""
        return list(answer)

    def answer_from(self, data: Any) -> tuple[str, ...]:
        """Return the answer. Raises StoredDataError."""
        if is_list(data):
            return tuple(map(str, data))
        raise StoredDataError(f"{data!r} is no list of files that were kept.")


@dataclass(frozen=True, slots=True)
class RescueFiles:
    """Copy files where the run has failed. No journal keeps it: a run that goes on comes by another place then."""

    keeping: KeepFiles
    """What is copied."""

    def perform(self) -> tuple[str, ...]:
        """Copy them; where that fails nothing is said, since there is an error to be told already."""
        try:
            return self.keeping.perform()
        except (LLMStrategyError, OSError):
            return ()

    async def aperform(self) -> tuple[str, ...]:
        """Copy them in a thread."""
        import asyncio  # who is in a loop has it already

        return await asyncio.to_thread(self.perform)


def _put(place: Path, data: bytes) -> None:
    """Write a file as a whole: a link that stands there is replaced, and not followed."""
    number, name = mkstemp(dir=place.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
