"""A file that one program holds at a time; the system takes it from a program that dies."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HeldFile"]


class HeldFile:
    """A lock by the kernel, on a file that is there for nothing else.

    Covered: several processes, several holders in one process, holders that are killed. Not covered: network folders
    without locks; a process that was forked from the holder (`os.fork`) and outlives it keeps the lock until its end.

    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> with TemporaryDirectory() as place:
    ...     held = HeldFile(Path(place) / "run.lock")
    ...     try:
    ...         HeldFile(Path(place) / "run.lock")
    ...     except BlockingIOError as error:
    ...         print(error.strerror)
    ...     held.release()
    this program already

    Args:
        path: the file, made where it is missing, and removed when it is released.

    Raises:
        BlockingIOError: somebody else holds it; `strerror` says who.
        OSError: it cannot be made (`filename` is set), or its folder knows no locks.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()  # the program may change its directory
        """The file that is locked."""
        self._descriptor = self._taken()

    def _taken(self) -> int:
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            try:
                _lock(descriptor)
                if self._is_still_there(descriptor):
                    _write(descriptor, f"{os.getpid()}\n")
                    return descriptor
            except BlockingIOError as error:
                who = _holder(descriptor)
                os.close(descriptor)
                raise BlockingIOError(errno.EWOULDBLOCK, who, str(self.path)) from error
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # whoever held it before has removed it at this very moment

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


def _holder(descriptor: int) -> str:
    number = os.pread(descriptor, 20, 0).decode(errors="replace").strip() if sys.platform != "win32" else ""
    if number == str(os.getpid()):
        return "this program already"
    return f"another program (process {number})" if number else "another program"


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
