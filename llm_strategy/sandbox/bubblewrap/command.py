"""The command line of bubblewrap for a session: what is shown inside, and what is cut off."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FOLDERS", "HOME", "WORKSPACE", "View", "bubblewrap_arguments"]

WORKSPACE = "/workspace"
"""Where the files of a session lie, as the code sees it."""
HOME = "/sandbox"
"""The home folder, and that of temporary files. `/tmp` itself cannot be written: a path below it that means a file of
the machine must not seem to work."""
FOLDERS = (WORKSPACE, HOME, "/dev/shm")  # noqa: S108
"""What can be written; all of it together is what a session may write."""

_NAMESPACES = ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")
_USUAL = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/fonts", "/etc/mime.types")
_DEVICES = ("null", "zero", "full", "random", "urandom")


@dataclass(frozen=True, slots=True)
class View:
    """What a session is shown of the machine."""

    paths: tuple[str, ...]
    """Folders and files that can be read, at the place where they are."""
    user: int | None
    """The user that the code becomes, where bubblewrap is run by root; None: it gets a user namespace."""


def bubblewrap_arguments(program: str, view: View) -> list[str]:
    """Return the command line up to what is to be run."""
    return [
        program,
        *_NAMESPACES,
        *(("--unshare-user", "--uid", "1000", "--gid", "1000") if view.user is None else ()),
        *("--die-with-parent", "--new-session", "--hostname", "sandbox"),
        *("--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"),
        *(() if view.user is None else _root_rights()),
        *_folders(view),
        *_system(),
        *(part for path in view.paths for part in ("--ro-bind", path, path)),
        *("--proc", "/proc"),
        *(part for name in _DEVICES for part in ("--dev-bind", f"/dev/{name}", f"/dev/{name}")),
        *("--symlink", "/proc/self/fd", "/dev/fd"),
        *(part for n, name in enumerate(("stdin", "stdout", "stderr")) for part in _link(f"/proc/self/fd/{n}", name)),
        *(part for folder in (*FOLDERS, "/run/box") for part in ("--dir", folder)),
        *("--chdir", "/", "--remount-ro", "/"),
        "--",
    ]


def _root_rights() -> Iterator[str]:
    for right in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_CHOWN"):
        yield from ("--cap-add", right)


def _system() -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for path in _USUAL:
        yield from _usual(path)
    yield from ("--ro-bind", "/dev/null", "/etc/passwd")  # the place of a file that is made inside
    for path in _SETTINGS:
        yield from ("--ro-bind-try", path, path)


def _usual(path: str) -> Iterator[str]:
    here = Path(path)
    if here.is_symlink():
        yield from ("--symlink", str(here.readlink()), path)
    elif here.is_dir():
        yield from ("--ro-bind", path, path)


def _folders(view: View) -> Iterator[str]:
    # Folders that bubblewrap makes by itself, on the way to another, are open to root only.
    ends = (*view.paths, "/dev/null", "/etc/passwd", "/run/box", "/tmp/.")  # noqa: S108
    for folder in sorted({str(one) for end in ends for one in PurePosixPath(end).parents}):
        yield from ("--dir", folder)


def _link(target: str, name: str) -> tuple[str, str, str]:
    return "--symlink", target, f"/dev/{name}"
