"""The body for Linux where namespaces are forbidden: real CPython with its packages, behind walls of its own making.

Landlock lets a process shut itself in without asking anybody: containers, hardened kernels and desktops that refuse
bubblewrap its namespaces have it. What can be read is the system's programs and one Python environment; what can be
written is one folder on the disk. A filter of system calls refuses every socket, and what reaches other processes;
limits of the kernel hold for each process and each file, and a process beside it adds them up. Where the program runs
as root, the code runs as a user who owns nothing.

Covered: reading, writing and deleting outside, sockets of every kind, other processes, secrets in any environment, what
fills memory, processes or files, programs that change the user. Not covered: mistakes in the kernel; whether a file
exists, how large it is and whose (`stat`); side channels; disk and memory that are filled between two looks (some 20
milliseconds); on kernels before 6.12, code cannot signal what it has started, and for an ordinary user it cannot change
modes and times of files. As root whose interpreter only root can read, the code keeps one right: to read what Landlock
allows.
"""

from __future__ import annotations

import base64
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.sandbox.landlock.folder import make_folder
from llm_strategy.sandbox.landlock.needs import (
    kernel_abi,
    library_folder,
    needs_read_all,
    tasks_of_user,
    tried,
    user_told,
)
from llm_strategy.sandbox.landlock.rules import ABI_KNOWN, OWN_PROCESS, landlock_calls, readable_paths
from llm_strategy.sandbox.landlock.watch import Watch
from llm_strategy.sandbox.process.launch import Launch, Prelude, clean_environment, interpreter, resource_limits
from llm_strategy.sandbox.process.worker import ProcessWorker
from llm_strategy.sandbox.protocol import Finding
from llm_strategy.sandbox.strongest import require
from llm_strategy.sandbox.walls.canaries import canaries
from llm_strategy.sandbox.walls.free_user import free_user
from llm_strategy.sandbox.walls.prelude_source import prelude_source
from llm_strategy.sandbox.walls.python_home import python_home
from llm_strategy.sandbox.walls.seccomp import seccomp_program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.sandbox.landlock.folder import SessionFolder
    from llm_strategy.sandbox.limits import Limits
    from llm_strategy.sandbox.protocol import Setup, Worker
    from llm_strategy.sandbox.walls.python_home import PythonHome

__all__ = ["Landlock", "start_shut_in"]

_WALLS = (
    *("read", "write", "connect", "environment", "signal", "other processes"),
    *("fork", "memory", "system calls", "privileges"),
)
_FILE_SIZE = "file size"
_INSIDE = Path(__file__).parent / "inside.py"
_DEVICES = tuple(f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom"))
_READ_ALL = 1 << 2


@dataclass(frozen=True, slots=True)
class Landlock:
    """A sandbox for Linux that needs no namespaces, and runs CPython with all packages of an environment.

    >>> Landlock().name
    'landlock'
    """

    python: str = ""
    """The interpreter whose environment is used; '' is the one that runs this program."""
    readable: tuple[str, ...] = ()
    """More folders and files that the code may read: the source of a package that is installed in editable mode, data.
    Nothing of the home folder is readable else."""
    abi: int = ABI_KNOWN
    """The newest version of Landlock that is made use of: a smaller one tries what an older kernel would do."""

    @property
    def name(self) -> str:
        """What settings, errors and traces call it."""
        return "landlock"

    def findings(self) -> tuple[Finding, ...]:
        """Return what it needs, and whether that is here."""
        if not sys.platform.startswith("linux"):
            return (Finding("Linux", ok=False, told=f"This is {sys.platform}."),)
        return (
            tried("landlock", self._told_abi),
            tried("seccomp", _told_filter),
            tried("python", lambda: f"{python_home(self.python).executable}"),
            tried("user", lambda: user_told(python_home(self.python).paths)),
        )

    def start(self, setup: Setup) -> Worker:
        """Start an interpreter that shuts itself in, and tries the walls from inside.

        Raises:
            SandboxUnavailableError: something that it needs is missing, or a wall did not hold.
        """
        require(self.name, self.findings())
        user = free_user() if os.geteuid() == 0 else None
        folder = make_folder(user)
        try:
            return start_shut_in(self.launch(setup.limits, folder, user), setup, folder)
        except BaseException:
            folder.remove()
            raise

    def launch(self, limits: Limits, folder: SessionFolder, user: int | None) -> Launch:
        """Return how the interpreter of a session is started.

        Args:
            limits: What the session may use up.
            folder: Where it may write.
            user: Whom the code is to be; None: the user of this process.

        Raises:
            SandboxUnavailableError: something that it needs is missing.
        """
        home = python_home(self.python)
        environment = clean_environment(home.executable, str(folder.temporary), str(folder.temporary))
        others = 0 if user is not None else tasks_of_user()
        rlimits = resource_limits(limits, walled=True)
        rlimits["NPROC"] += others  # the kernel counts all of a user's together
        return Launch(
            name=self.name,
            command=interpreter(home.executable),
            environment=environment,
            workspace=str(folder.workspace),
            folder=folder.whole,
            watched=folder.whole,
            rlimits=rlimits,
            prelude=Prelude(
                prelude_source(_INSIDE),
                "enter",
                {
                    **self._rules(home, folder, user),
                    "most_disk": limits.disk_mib << 20,
                    "plan": self._plan(limits, environment, rlimits["NPROC"], home, user),
                },
            ),
        )

    def _rules(self, home: PythonHome, folder: SessionFolder, user: int | None) -> dict[str, Any]:
        return {
            "user": user,
            "read_all": user is not None and needs_read_all(home.paths),
            "abi": self._used_abi(),
            "library": library_folder(),
            "read": readable_paths((*home.paths, *self.readable)),
            "write": [str(folder.workspace), str(folder.temporary)],
            "devices": _DEVICES,
            "filter": base64.b64encode(self._program(own_user=user is not None)).decode(),
            "own_process": OWN_PROCESS,
        }

    def _plan(
        self, limits: Limits, environment: Mapping[str, str], processes: int, home: PythonHome, user: int | None
    ) -> dict[str, Any]:
        plan = canaries().plan(
            _WALLS,
            environment,
            most_processes=processes,
            most_memory=limits.memory_mib << 20,
            rights=_READ_ALL if user is not None and needs_read_all(home.paths) else 0,
        )
        return {**plan, "walls": [*_WALLS, _FILE_SIZE]}

    def _program(self, *, own_user: bool) -> bytes:
        return seccomp_program(landlock_calls(self._used_abi(), own_user=own_user))

    def _used_abi(self) -> int:
        return min(kernel_abi(), self.abi)

    def _told_abi(self) -> str:
        found = kernel_abi()
        signals = "" if self._used_abi() >= 6 else "; before version 6, code cannot signal what it has started"
        return f"version {found}{signals}"


def start_shut_in(launch: Launch, setup: Setup, folder: SessionFolder) -> Worker:
    """Start the worker of a launch, see that its walls hold, and watch what it takes.

    Raises:
        SandboxUnavailableError: a wall did not hold, or could not be put up.
    """
    watch = Watch(setup.limits, folder.whole)

    def after() -> None:
        watch.end()
        folder.remove()

    worker = ProcessWorker(replace(launch, after=after), setup)
    try:
        canaries().judge(launch.name, cast("Prelude", launch.prelude).data["plan"], worker.told)
    except BaseException:
        worker.close()
        raise
    watch.start(worker)
    return worker


def _told_filter() -> str:
    return f"a filter of {len(seccomp_program(landlock_calls(ABI_KNOWN, own_user=False))) // 8} instructions"
