"""A folder whose files are reached by checked paths only, step by step, without following a link.

Between a check of a path and its use, somebody may put a link in its place. So where the system can do it, each folder
on the way is opened by its name in the one before it, and links are refused there: there is no moment between.

Covered: paths that leave the folder, links anywhere below it, races with whoever changes the folder meanwhile, files
half-written when the process is killed. Not covered: hard links made by others, who can write to the folder; systems
without `openat` (Windows), where the way is checked and then used.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import InputError
from llm_strategy.files.foreign import foreign_folder
from llm_strategy.files.paths import checked_path

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["Folder"]

_BY_DESCRIPTOR: Final = os.open in os.supports_dir_fd and os.rename in os.supports_dir_fd
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_A_FOLDER: Final = getattr(os, "O_DIRECTORY", 0)
_TEMPORARY: Final = ".llm-strategy-"
_HALF_WRITTEN: Final = re.compile(rf"{re.escape(_TEMPORARY)}[0-9a-f]{{16}}")


class Folder:
    """Files below `root`, which is made where it is missing.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as place:
    ...     folder = Folder(place)
    ...     folder.write("src/app.py", b"print(1)")
    ...     list(folder.paths()), folder.read("src/app.py")
    (['src/app.py'], b'print(1)')

    Raises:
        NotADirectoryError: there is something else at `root`.
        OSError: the folder cannot be made.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        """Where it is."""
        self.root.mkdir(parents=True, exist_ok=True)
        if not self.root.is_dir():  # pragma: no cover (`mkdir` has raised before)
            raise NotADirectoryError(str(self.root))

    def read(self, path: str, limit: int | None = None) -> bytes:
        """Return the bytes of a file, `limit` of them at most.

        Raises:
            InputError: the path leaves the folder, or leads over a link or to something that is no file.
            FileNotFoundError: there is no such file.
        """
        way = checked_path(path)
        with (
            self._opened_parent(way) as (parent, name),
            self._opened(parent, name, way) as file,
            os.fdopen(file, "rb", closefd=False) as stream,
        ):
            return stream.read(-1 if limit is None else limit)

    def write(self, path: str, data: bytes) -> None:
        """Put a file into place as a whole: whoever reads meanwhile sees the old one or the new one.

        Its permissions stay where there is one already. Folders on the way are made.

        Raises:
            InputError: the path leaves the folder, or leads over a link or to something that is no file.
            OSError: it cannot be written; what was there is still there.
        """
        way = checked_path(path)
        with self._opened_parent(way, make=True) as (parent, name):
            mode = self._mode_of(parent, name, way)
            made = f"{_TEMPORARY}{token_hex(8)}"
            try:
                file = os.open(_at(parent, made), os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666, **_in(parent))
                with os.fdopen(file, "wb") as stream:
                    stream.write(data)
                    stream.flush()
                    os.fsync(stream.fileno())
                    if mode is not None and hasattr(os, "fchmod"):
                        os.fchmod(stream.fileno(), mode)
                _moved(parent, made, name)
            except BaseException:
                with suppress(OSError):
                    os.unlink(_at(parent, made), **_in(parent))
                raise

    def delete(self, path: str) -> None:
        """Remove a file, and the folders that are empty then.

        Raises:
            InputError: see `read`.
            FileNotFoundError: there is no such file.
        """
        way = checked_path(path)
        with self._opened_parent(way) as (parent, name):
            if self._mode_of(parent, name, way) is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), way)
            os.unlink(_at(parent, name), **_in(parent))
        above = way.rpartition("/")[0]
        while above:
            try:
                with self._opened_parent(above) as (parent, name):
                    os.rmdir(_at(parent, name), **_in(parent))
            except (OSError, InputError):
                return
            above = above.rpartition("/")[0]

    def holds(self, path: str) -> bool:
        """Return whether there is a file at `path`. Raises InputError: see `read`."""
        way = checked_path(path)
        try:
            with self._opened_parent(way) as (parent, name):
                return self._mode_of(parent, name, way) is not None
        except FileNotFoundError:
            return False

    def paths(self, hidden: bool = False) -> Iterator[str]:  # noqa: FBT001, FBT002 (one plain switch)
        """Return the paths of all files in order; links, and what is no file, are left out.

        What lies in folders of programs, such as `.git` and `node_modules`, is left out unless `hidden`; files
        half-written always are.
        """
        return iter(sorted(self._walked(hidden=hidden)))

    def half_written(self) -> Iterator[str]:
        """Return the paths of files that processes had not finished to write, since they were killed, or are at it."""
        for place, _, names in os.walk(self.root, followlinks=False):
            for name in filter(_HALF_WRITTEN.fullmatch, names):
                yield (Path(place) / name).relative_to(self.root).as_posix()

    def _walked(self, *, hidden: bool) -> Iterator[str]:
        for place, folders, names in os.walk(self.root, followlinks=False):
            here = Path(place).relative_to(self.root).as_posix()
            folders[:] = [name for name in folders if hidden or not foreign_folder(name)]
            for name in names:
                path = name if here == "." else f"{here}/{name}"
                if name.startswith(_TEMPORARY) or (foreign_folder(name) and not hidden):
                    continue
                with suppress(OSError):
                    if stat.S_ISREG((Path(place) / name).lstat().st_mode):
                        yield path

    @contextmanager
    def _opened_parent(self, way: str, *, make: bool = False) -> Generator[tuple[int | Path, str]]:
        """Open the folder that holds a file: its descriptor (or its path, where the system has none), and the name."""
        *folders, name = way.split("/")
        if not _BY_DESCRIPTOR:  # pragma: no cover (Windows)
            yield self._checked_parent(folders, way, make=make), name
            return
        here = os.open(self.root, os.O_RDONLY | _A_FOLDER | getattr(os, "O_CLOEXEC", 0))
        try:
            for folder in folders:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(folder, dir_fd=here)
                below = _entered(here, folder, way)
                os.close(here)
                here = below
            yield here, name
        finally:
            os.close(here)

    def _checked_parent(self, folders: list[str], way: str, *, make: bool) -> Path:  # pragma: no cover (Windows)
        here = self.root
        for folder in folders:
            here /= folder
            if make:
                here.mkdir(exist_ok=True)
            if here.is_symlink() or (here.exists() and not here.is_dir()):
                raise _link(way, folder)
        return here

    @contextmanager
    def _opened(self, parent: int | Path, name: str, way: str) -> Generator[int]:
        if self._mode_of(parent, name, way) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), way)
        try:
            # A pipe in its place would block: it is opened without waiting, and refused.
            file = os.open(_at(parent, name), os.O_RDONLY | _NO_LINK | getattr(os, "O_NONBLOCK", 0), **_in(parent))
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENXIO}:
                raise _link(way, name) from error
            raise
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise _link(way, name)
            yield file
        finally:
            os.close(file)

    def _mode_of(self, parent: int | Path, name: str, way: str) -> int | None:
        """Return the permissions of a file; None where there is none. Raises InputError where it is something else."""
        try:
            found = os.stat(_at(parent, name), follow_symlinks=False, **_in(parent))  # noqa: PTH116 (by descriptor)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(found.st_mode):
            raise _link(way, name)
        return stat.S_IMODE(found.st_mode) & 0o777


def _entered(here: int, folder: str, way: str) -> int:
    try:
        return os.open(folder, os.O_RDONLY | _A_FOLDER | _NO_LINK, dir_fd=here)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:
            raise _link(way, folder) from error
        raise


def _link(way: str, part: str) -> InputError:
    return InputError(
        f"The path {way!r} leads over {part!r}, which is a link, or no file or folder where one has to be. Use a path "
        "of plain files in plain folders."
    )


def _at(parent: int | Path, name: str) -> str | Path:
    return name if isinstance(parent, int) else parent / name


def _in(parent: int | Path) -> dict[str, int]:
    return {"dir_fd": parent} if isinstance(parent, int) else {}


def _moved(parent: int | Path, old: str, new: str) -> None:
    if isinstance(parent, int):
        os.rename(old, new, src_dir_fd=parent, dst_dir_fd=parent)
        with suppress(OSError):
            os.fsync(parent)
    else:  # pragma: no cover (Windows)
        (parent / old).replace(parent / new)
