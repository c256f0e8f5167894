"""The hardened body for Linux: real CPython with its packages, behind the walls of bubblewrap.

Nothing of the machine is shown but the programs of the system and one Python environment, both read-only. There is no
network, no other process, no environment, no device; what can be written is a file system in memory with a size and a
number of files; processes, memory, open files and core dumps are limited; a filter refuses some ninety system calls.
Where the program runs as root, the code runs as a user who is nobody. Before any code of a model, all of this is tried
from inside (`canaries`).

Covered: reading, writing and deleting outside, sockets of every kind, other processes, secrets in any environment, what
fills memory, processes or files, programs that change the user. Not covered: mistakes in the kernel, side channels
(timing, caches of the processor), what kind of machine it is and how it is doing (`/proc/cpuinfo`, the load, the names
of mounted folders), sockets that lie in a folder which is shown, and time of processors below the limit of an action.
"""

from __future__ import annotations

import base64
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.sandbox.bubblewrap.command import FOLDERS, HOME, WORKSPACE, View, bubblewrap_arguments
from llm_strategy.sandbox.bubblewrap.keeper import Keeper
from llm_strategy.sandbox.bubblewrap.needs import bubblewrap_needs, found_program, try_namespaces
from llm_strategy.sandbox.process.launch import Launch, Prelude, clean_environment, interpreter, resource_limits
from llm_strategy.sandbox.process.worker import ProcessWorker
from llm_strategy.sandbox.protocol import Finding
from llm_strategy.sandbox.strongest import require
from llm_strategy.sandbox.walls.canaries import WALLS, canaries
from llm_strategy.sandbox.walls.free_user import free_user
from llm_strategy.sandbox.walls.prelude_source import prelude_source
from llm_strategy.sandbox.walls.python_home import python_home
from llm_strategy.sandbox.walls.seccomp import seccomp_program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.sandbox.limits import Limits
    from llm_strategy.sandbox.protocol import Setup, Worker

__all__ = ["Bubblewrap"]

_OWN_FILES = 64
"""Files and folders that the code is not charged for: the folders themselves, and what packages put there."""
_INSIDE = Path(__file__).parent / "inside.py"


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """A sandbox for Linux that runs CPython with all packages of an environment.

    >>> Bubblewrap().name
    'bubblewrap'
    """

    python: str = ""
    """The interpreter whose environment is used; '' is the one that runs this program."""
    readable: tuple[str, ...] = ()
    """More folders and files that the code may read, at the place where they are: the source of a package that is
    installed in editable mode, data. Nothing of the home folder is readable else."""
    program: str = "bwrap"
    """The program bubblewrap: its name, or its path."""

    @property
    def name(self) -> str:
        """What settings, errors and traces call it."""
        return "bubblewrap"

    def findings(self) -> tuple[Finding, ...]:
        """Return what it needs, and whether that is here."""
        if not sys.platform.startswith("linux"):
            return (Finding("Linux", ok=False, told=f"This is {sys.platform}."),)
        found = bubblewrap_needs(self.program, self.python, self.readable)
        return (*found, try_namespaces(self.program)) if all(one.ok for one in found) else found

    def start(self, setup: Setup) -> Worker:
        """Start an interpreter behind the walls, and try them from inside.

        Raises:
            SandboxUnavailableError: something that it needs is missing, or a wall did not hold.
        """
        if not sys.platform.startswith("linux"):
            require(self.name, self.findings())
        require(self.name, bubblewrap_needs(self.program, self.python, self.readable))
        return start_walled(self.launch(setup.limits), setup)

    def launch(self, limits: Limits) -> Launch:
        """Return how the interpreter of a session is started.

        Raises:
            SandboxUnavailableError: something that it needs is missing.
        """
        home = python_home(self.python)
        view = View((*home.paths, *self.readable), free_user() if os.geteuid() == 0 else None)
        environment = clean_environment(home.executable, home=HOME, temporary=HOME)
        return Launch(
            name=self.name,
            command=(*bubblewrap_arguments(found_program(self.program), view), *interpreter(home.executable), "-S"),
            environment=environment,
            workspace=WORKSPACE,
            rlimits=_rlimits(limits, view),
            prelude=Prelude(prelude_source(_INSIDE), "close_walls", _walls(limits, view, environment)),
            supervised=False,
        )


def start_walled(launch: Launch, setup: Setup) -> Worker:
    """Start the worker of a launch, and see that its walls hold.

    Raises:
        SandboxUnavailableError: a wall did not hold, or could not be put up.
    """
    prelude = cast("Prelude", launch.prelude)
    keeper = Keeper(setup.limits.memory_mib << 10)
    worker = keeper.start(lambda: ProcessWorker(replace(launch, after=keeper.end), setup))
    try:
        canaries().judge(launch.name, prelude.data["plan"], worker.told)
    except BaseException:
        worker.close()
        raise
    return worker


def _rlimits(limits: Limits, view: View) -> dict[str, int]:
    found = resource_limits(limits, walled=True)
    # The first process of the namespace, which is bubblewrap's, counts where it is one of the same user.
    found["NPROC"] += view.user is None
    return found


def _walls(limits: Limits, view: View, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what the part inside needs to know, as JSON data."""
    disk, files = limits.disk_mib << 20, limits.files + _OWN_FILES
    return {
        "user": view.user,
        "folders": FOLDERS,
        "covered": [path for path in view.paths if path.startswith(tuple(f"{one}/" for one in FOLDERS))],
        "disk": disk,
        "files": files,
        "filter": base64.b64encode(seccomp_program()).decode(),
        "plan": canaries().plan(
            WALLS,
            environment,
            most_processes=limits.processes + 1,
            most_memory=limits.memory_mib << 20,
            most_disk=disk,
            most_files=files,
            folders=FOLDERS,
        ),
    }
