"""What the hardened body needs of a machine, looked at piece by piece, so that an error can say what is missing."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox.bubblewrap.command import View, bubblewrap_arguments
from llm_strategy.sandbox.protocol import Finding
from llm_strategy.sandbox.walls.free_user import free_user
from llm_strategy.sandbox.walls.python_home import python_home
from llm_strategy.sandbox.walls.seccomp import seccomp_program

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["MOST_NAMESPACES", "bubblewrap_needs", "found_program", "try_namespaces"]

MOST_NAMESPACES = Path("/proc/sys/user/max_user_namespaces")
"""Where the system tells how many user namespaces there may be."""
_OLDEST = (0, 8)
_COUNTING = (5, 14)
"""The first Linux that counts processes for each user namespace; before, all that the user runs counts."""


def bubblewrap_needs(program: str, python: str, readable: Sequence[str]) -> tuple[Finding, ...]:
    """Return all that can be seen without starting anything in a sandbox."""
    return (
        _finding("bwrap", lambda: _version(program)),
        _finding("seccomp", lambda: f"a filter of {len(seccomp_program()) // 8} instructions"),
        _finding("python", lambda: _environment(python, readable)),
        _finding("user", _user),
    )


def try_namespaces(program: str) -> Finding:
    """Return whether bubblewrap can do its work here: it is run once, on a program that does nothing."""
    return _finding("namespaces", lambda: _run_nothing(program))


def found_program(program: str) -> str:
    """Return the path of bubblewrap.

    Raises:
        SandboxUnavailableError: it is not there.
    """
    found = shutil.which(program)
    if found is None:
        raise SandboxUnavailableError(
            f"There is no program {program!r}. Install bubblewrap (Debian: apt-get install bubblewrap)."
        )
    return found


def _finding(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, told=look())
    except (SandboxUnavailableError, OSError, subprocess.SubprocessError) as error:
        return Finding(name, ok=False, told=f"{error}")


def _version(program: str) -> str:
    told = _told([found_program(program), "--version"]).stdout.strip()
    version = tuple(int(part) for part in told.rpartition(" ")[2].split(".")[:2] if part.isdigit())
    if version < _OLDEST:
        raise SandboxUnavailableError(f"{program!r} says {told!r}, and bubblewrap 0.8 or newer is needed.")
    return told


def _environment(python: str, readable: Sequence[str]) -> str:
    for path in readable:
        if not os.path.isabs(path) or not os.path.exists(path):  # noqa: PTH110, PTH117
            raise SandboxUnavailableError(f"readable={path!r} is no absolute path of something that is there.")
    home = python_home(python)
    return f"{home.executable}, with {', '.join((*home.paths, *readable)) or 'nothing outside of /usr'}"


def _user() -> str:
    if os.geteuid() == 0:
        return f"root: code runs as a user who is nobody, such as {free_user()}"
    release = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2] if part.isdigit())
    if release < _COUNTING:
        raise SandboxUnavailableError(
            f"Linux {platform.release()} counts all processes of a user together, so a limit for a sandbox would "
            "forbid others. Linux 5.14 or newer is needed, or root."
        )
    return "an ordinary one: code runs in a user namespace"


def _run_nothing(program: str) -> str:
    view = View((), 0 if os.geteuid() == 0 else None)
    told = _told([*bubblewrap_arguments(found_program(program), view), "/usr/bin/true"])
    if told.returncode != 0:
        blocked = "" if os.geteuid() == 0 or _namespaces() else " User namespaces are switched off."
        raise SandboxUnavailableError(
            f"{told.stderr.strip() or 'bwrap failed'}.{blocked} The system forbids namespaces here: in a container, "
            "allow them (docker run --security-opt seccomp=unconfined); on Ubuntu, load the AppArmor profile "
            "bwrap-userns-restrict; or run as root."
        )
    return "of processes, mounts, network, IPC and names"


def _namespaces() -> bool:
    try:
        return int(MOST_NAMESPACES.read_text(encoding="ascii")) > 0
    except (OSError, ValueError):
        return True


def _told(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, env={}, timeout=10)  # noqa: S603
