"""What the sandbox of Landlock needs of a machine, and what to do where it is missing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox.landlock.rules import ABI_NEEDED
from llm_strategy.sandbox.protocol import Finding
from llm_strategy.sandbox.walls.free_user import free_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

__all__ = ["kernel_abi", "library_folder", "needs_read_all", "tasks_of_user", "tried", "user_told"]

_INSTALL = "Install it with: pip install 'llm-strategy[sandbox]'"
_RIGHTS = {0: "CAP_CHOWN", 5: "CAP_KILL", 6: "CAP_SETGID", 7: "CAP_SETUID", 8: "CAP_SETPCAP"}
_READ_ALL = 2
_PROC = Path("/proc")


def tried(name: str, ask: Callable[[], str]) -> Finding:
    """Return what asking told, or why it could not."""
    try:
        return Finding(name, ok=True, told=ask())
    except (SandboxUnavailableError, OSError) as error:
        return Finding(name, ok=False, told=f"{error}")


def kernel_abi() -> int:
    """Return the version of Landlock that this kernel has.

    Raises:
        SandboxUnavailableError: there is none, or it is too old.
    """
    found: int = _library().abi_version()
    if found < 1:
        raise SandboxUnavailableError(
            "This kernel has no Landlock, or it is switched off. It is in Linux 5.13 and newer, where 'landlock' is in "
            "/sys/kernel/security/lsm."
        )
    if found < ABI_NEEDED:
        raise SandboxUnavailableError(
            f"Landlock is of version {found} here, and version {ABI_NEEDED} is needed (Linux 5.19 or newer)."
        )
    return found


def library_folder() -> str:
    """Return where landlockpy is installed, for the process that uses it.

    Raises:
        SandboxUnavailableError: it is not installed.
    """
    return str(Path(_library().__file__ or "").parent.parent)


def needs_read_all(paths: Iterable[str]) -> bool:
    """Return whether a user who owns nothing cannot reach one of these, so that one right of root has to be kept."""
    return any(not _reachable(Path(path)) for path in paths)


def user_told(paths: Iterable[str]) -> str:
    """Return whom code will run as.

    Raises:
        SandboxUnavailableError: this is root, and cannot become anybody else, or nobody else can read the interpreter.
    """
    if os.geteuid() != 0:
        return f"that of this process, which runs {tasks_of_user()} processes and threads"
    has = _rights()
    lacking = [name for bit, name in _RIGHTS.items() if not has >> bit & 1]
    if lacking:
        raise SandboxUnavailableError(
            f"This is root without {', '.join(lacking)}, and cannot become the user that the code should be. Run the "
            "program as an ordinary user."
        )
    if not needs_read_all(paths):
        return f"{free_user()}, who owns nothing"
    if not has >> _READ_ALL & 1:
        raise SandboxUnavailableError(
            "The interpreter lies where only root can read it, and this root cannot give that right away "
            "(CAP_DAC_READ_SEARCH). Install Python, and the virtual environment, where every user can read them."
        )
    return f"{free_user()}, who owns nothing, and keeps one right of root: to read what Landlock allows"


def tasks_of_user() -> int:
    """Return how many processes and threads the user of this process runs: the kernel's limit counts them together."""
    mine, count = os.getuid(), 0
    for process in _PROC.iterdir():
        if process.name.isdigit():
            try:
                if process.stat().st_uid == mine:
                    count += len(list((process / "task").iterdir()))
            except OSError:  # it has ended
                continue
    return count


def _library() -> ModuleType:
    try:
        import landlockpy
    except ImportError as error:
        raise SandboxUnavailableError(f"{error}. {_INSTALL}") from error
    return landlockpy


def _rights() -> int:
    text = (_PROC / "self" / "status").read_text(encoding="ascii")
    return int(text.partition("CapEff:")[2].split()[0], 16)


def _reachable(path: Path) -> bool:
    resolved = path.resolve()
    readable = 0o5 if resolved.is_dir() else 0o4
    return resolved.stat().st_mode & readable == readable and all(
        one.stat().st_mode & 0o1 for folder in (path, resolved) for one in folder.parents
    )
