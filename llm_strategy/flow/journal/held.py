"""A file that one program holds at a time; the system takes it from a program that dies."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from llm_strategy.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Held"]


class Held:
    """The lock beside a journal.

    The journal itself cannot carry it: SQLite has locks of its own on the file, and loses them when the same process
    closes another descriptor of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute().with_name(f"{path.name}.lock")  # the program may change its directory
        """The file that is locked."""
        self._descriptor = self._taken(path)

    def _taken(self, journal: Path) -> int:
        while True:
            try:
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as error:
                raise JournalError(f"Journal {str(journal)!r} cannot be written: {error.strerror}.") from error
            try:
                _lock(descriptor)
                if self._is_still_there(descriptor):
                    _write(descriptor, f"{os.getpid()}\n")
                    return descriptor
                os.close(descriptor)  # whoever held it before has removed it at this very moment
            except BlockingIOError as error:
                holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() if sys.platform != "win32" else ""
                os.close(descriptor)
                who = "this program already" if holder == str(os.getpid()) else f"another program (process {holder})"
                raise JournalError(
                    f"Journal {str(journal)!r} is in use by {who}. Only one at a time can write to it: wait for its "
                    "end, or name another file."
                ) from error
            except OSError as error:
                os.close(descriptor)
                raise JournalError(
                    f"Journal {str(journal)!r} cannot be locked: {error.strerror}. Put it on a local disk."
                ) from error

    def _is_still_there(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Let others have it."""
        if sys.platform != "win32":
            with suppress(OSError):
                self.path.unlink()  # before it is free: from then on the name may be another program's
        os.close(self._descriptor)


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.write(descriptor, text.encode())


if sys.platform == "win32":  # pragma: no cover

    def _lock(descriptor: int) -> None:
        import msvcrt

        os.lseek(descriptor, 100, os.SEEK_SET)  # behind the number of the process, which stays readable
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error
        os.lseek(descriptor, 0, os.SEEK_SET)

else:

    def _lock(descriptor: int) -> None:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
