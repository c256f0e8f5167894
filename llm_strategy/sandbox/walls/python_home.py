"""Which folders of this machine a Python needs to run: what bubblewrap shows inside, and nothing else."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from llm_strategy.errors import SandboxUnavailableError

__all__ = ["PythonHome", "python_home"]

_ASK = """
import json, sys, sysconfig
paths = sysconfig.get_paths()
found = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
print(json.dumps([sys.executable, sys.prefix, sys.base_prefix, *found]))
"""
_SHOWN = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/sbin")
"""What is shown of the system in any case."""


@dataclass(frozen=True, slots=True)
class PythonHome:
    """A Python with what it is made of."""

    executable: str
    """The interpreter, as it is called."""
    paths: tuple[str, ...]
    """Folders and files that it needs and that do not lie below `/usr`; none lies below another."""


@functools.lru_cache(maxsize=8)
def python_home(executable: str = "") -> PythonHome:
    """Return what a Python needs; that of this process where none is named.

    Raises:
        SandboxUnavailableError: it cannot be run, or it would need a whole home folder.
    """
    executable = executable or sys.executable
    try:
        told = subprocess.run(  # noqa: S603  # the user named this program
            [executable, "-I", "-c", _ASK], capture_output=True, timeout=20, check=True, env={}, text=True
        )
        called, *roots = json.loads(told.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise SandboxUnavailableError(f"Python {executable!r} did not tell where it lives: {error}.") from error
    return PythonHome(called, _outermost([*roots, *_links(called)], executable))


def _links(executable: str) -> list[str]:
    """Return what lies on the way from the name of a program to its file, since each name must be there inside."""
    found: list[str] = []
    path = executable
    while True:
        folder = Path(path).parent
        beside = [one for one in (folder.parent / "lib").glob("python3*") if one.is_dir()]
        found.append(str(folder.parent) if beside else path)
        if not os.path.islink(path):  # noqa: PTH114  # the name itself, not where it leads
            return found
        path = os.path.normpath(folder / os.readlink(path))  # noqa: PTH115


def _outermost(paths: list[str], executable: str) -> tuple[str, ...]:
    kept: list[str] = []
    for path in sorted({os.path.normpath(one) for one in paths if os.path.exists(one)}):  # noqa: PTH110
        if not any(_within(path, one) for one in (*_SHOWN, *kept)):
            kept.append(path)
    homes = {"/", "/home", "/root", "/etc", "/var", "/tmp", os.path.expanduser("~")}  # noqa: PTH111, S108
    for path in kept:
        if path in homes:
            raise SandboxUnavailableError(
                f"Python {executable!r} lives in {path!r} itself: all of that folder would be shown in the sandbox. "
                "Make a virtual environment, and run the program with it."
            )
    return tuple(kept)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
