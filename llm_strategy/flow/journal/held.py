"""A journal that one program writes at a time; the system takes it from a program that dies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.errors import JournalError
from llm_strategy.files import HeldFile

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Held"]


class Held:
    """The lock beside a journal.

    The journal itself cannot carry it: SQLite has locks of its own on the file, and loses them when the same process
    closes another descriptor of it.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = HeldFile(path.with_name(f"{path.name}.lock"))
        except BlockingIOError as error:
            raise JournalError(
                f"Journal {str(path)!r} is in use by {error.strerror}. Only one at a time can write to it: wait for "
                "its end, or name another file."
            ) from error
        except OSError as error:
            wrong = "written" if error.filename else "locked"
            advice = "" if error.filename else " Put it on a local disk."
            raise JournalError(f"Journal {str(path)!r} cannot be {wrong}: {error.strerror}.{advice}") from error

    @property
    def path(self) -> Path:
        """The file that is locked."""
        return self._file.path

    def release(self) -> None:
        """Let others have it."""
        self._file.release()
