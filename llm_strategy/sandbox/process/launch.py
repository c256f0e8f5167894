"""The seam below `ProcessWorker`: how the interpreter of a session is started, closed in, and ended.

Every body that runs real CPython says it in a `Launch`, and gets the same worker: the same program inside, the same
frames, the same limits of time and output. What differs is the walls: a command in front of the interpreter
(bubblewrap), or a `Prelude` inside of it (landlock), or nothing at all.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llm_strategy.sandbox.limits import Limits

__all__ = ["Launch", "Prelude", "clean_environment", "interpreter", "resource_limits"]


@dataclass(frozen=True, slots=True)
class Prelude:
    """Code of our own that runs inside, as the last thing before the worker says that it is ready.

    It has the standard library only. It is called in the main thread, with the resource limits in force; what it raises
    is a SandboxUnavailableError outside. Nothing of a model has run before it.
    """

    source: str
    """Source of a module. It must not import this package."""
    function: str
    """Name of the function in it that is called with `data`."""
    data: Any = None
    """JSON data."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How the interpreter of one session is started, and what is left to do when it has ended."""

    name: str
    """Name of the sandbox, for errors."""
    command: tuple[str, ...]
    """The command up to the interpreter with its options; ` -c PROGRAM FDS` is put behind it (see `interpreter`)."""
    environment: Mapping[str, str]
    """The whole environment of the command. Nothing is taken over from this process."""
    workspace: str
    """Where the workspace is, as the code inside sees it; it must exist, and is made the current directory."""
    folder: Path = field(default_factory=lambda: Path("/"))
    """The current directory of the command outside."""
    watched: Path | None = None
    """The workspace, as the host sees it, where its size has to be watched from outside; None: something else does."""
    rlimits: Mapping[str, int] = field(default_factory=dict[str, int])
    """Resource limits that the worker gives itself, soft and hard, by the name without `RLIMIT_` (see
    `resource_limits`); before the prelude."""
    prelude: Prelude | None = None
    """The walls that are put up from inside. What it returns is `ProcessWorker.told`."""
    supervised: bool = True
    """Whether a process of our own is left outside of the walls of the prelude, which ends everything that the code has
    started when the session ends, or this process dies. Needless where a PID namespace does that."""
    passed: tuple[int, ...] = ()
    """File descriptors that the command itself needs, besides those of the worker; they stay open here."""
    after: Callable[[], object] | None = None
    """Called once, when nothing of the session runs any more: removes its folders. It must not raise."""


def interpreter(executable: str = "") -> tuple[str, ...]:
    """Return the command of an interpreter that looks at nothing around it: no folder of the user, none that it is in.

    Of its environment it takes what begins hashes of texts, and nothing else is in there for it: the whole of it comes
    from here (see `Launch.environment`).

    >>> interpreter("/usr/bin/python3")
    ('/usr/bin/python3', '-s', '-P', '-X', 'utf8')
    """
    return (executable or sys.executable, "-s", "-P", "-X", "utf8")


def clean_environment(executable: str, home: str, temporary: str) -> dict[str, str]:
    """Return the environment that code gets: where programs are, and what keeps packages quiet and single-threaded."""
    return {
        "PATH": f"{Path(executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": home,
        "TMPDIR": temporary,
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "Agg",
        # The library's own plugin: where it is installed from its source folder, that is not shown inside.
        "PYTEST_ADDOPTS": "-p no:llm_strategy",
        # Libraries of linear algebra start a thread for each processor, and each counts as a process.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


def resource_limits(limits: Limits, *, walled: bool) -> dict[str, int]:
    """Return the resource limits that stand for `limits`.

    Covered: memory of each process, size of each file, open files, no core dumps. Behind walls also: the processes of
    the user, outside too where there is no user namespace, but not those of root; the time of processors for one
    process, over all actions (an action ends by its wall time, this ends what it left running); what is locked in
    memory or waits in queues. Not covered: all processes together, all files together.
    """
    found = {
        "AS": limits.memory_mib << 20,
        "FSIZE": limits.disk_mib << 20,
        "NOFILE": 1024,
        "CORE": 0,
    }
    if not walled:
        return found
    return {**found, "NPROC": limits.processes, "CPU": 3600, "MEMLOCK": 1 << 16, "MSGQUEUE": 0, "SIGPENDING": 1024}
