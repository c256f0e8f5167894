"""How a process of monty is begun where the system allows it: with no environment, no stream of errors, and no orphans.

Monty's client starts a program by its path, and hands everything on that this process has. So on Linux the path is that
of four lines of shell, which are kept in memory. Elsewhere it is monty itself, with the environment of this process.
"""

from __future__ import annotations

import os
import shlex
import shutil
from functools import cache
from pathlib import Path

__all__ = ["launcher"]

_FOLDERS = "/usr/bin:/bin:/usr/local/bin"
_SCRIPT = """#!/bin/sh
ulimit -c 0
{dying} true 2>/dev/null && exec {dying} {clean} "$@" 2>/dev/null
exec {clean} "$@" 2>/dev/null
"""
"""Where `setpriv` knows how, the process ends when the thread ends that began it, however that came to be."""


def launcher() -> Path | None:
    """Return what to start instead of monty, to be used by this process only; None where monty is started itself.

    Raises:
        FileNotFoundError: there is no monty.
    """
    from pydantic_monty._binary import find_monty_binary

    environment = shutil.which("env", path=_FOLDERS)
    if environment is None or not hasattr(os, "memfd_create"):
        return None
    handle = _handle(f"{find_monty_binary()}", environment)
    return None if handle is None else Path(f"/proc/{os.getpid()}/fd/{handle}")


@cache
def _handle(monty: str, environment: str) -> int | None:
    """Return the number of a file in memory, which is open for reading only: no other is run."""
    clean = f"{shlex.quote(environment)} -i {shlex.quote(monty)}"
    setpriv = shutil.which("setpriv", path=_FOLDERS)
    dying = f"{shlex.quote(setpriv)} --pdeathsig KILL --no-new-privs" if setpriv else "false"
    try:
        written = os.memfd_create("monty")
    except OSError:  # this system runs no such files
        return None
    try:
        os.write(written, _SCRIPT.format(dying=dying, clean=clean).encode())
        os.fchmod(written, 0o500)
        return os.open(f"/proc/self/fd/{written}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # no /proc
        return None
    finally:
        os.close(written)
