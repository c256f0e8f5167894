"""A sandbox without walls, for code that you would run yourself; it has to be asked for by its name."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox.landlock.folder import remove_folder
from llm_strategy.sandbox.process.launch import Launch, clean_environment, interpreter, resource_limits
from llm_strategy.sandbox.process.worker import ProcessWorker
from llm_strategy.sandbox.protocol import Finding

if TYPE_CHECKING:
    from llm_strategy.sandbox.protocol import Setup

__all__ = ["UnsafeProcess"]


@dataclass(frozen=True, slots=True)
class UnsafeProcess:
    """A process of its own, and no walls: the code may do what the user may who runs this program.

    Covered: an empty environment; limits of time, output, memory of each process, size of files and of the workspace
    (looked at four times a second); nothing is left running when the session ends; the host cannot be fooled or brought
    down by what the code sends. Not covered: reading and writing files anywhere, the network, signals to other
    processes, the number of processes, memory of several processes together, secrets in the environment of this very
    program (on Linux another process of the same user may read them). A process that first kills the one around it and
    then clears its own environment outlives the session.

    >>> from llm_strategy.sandbox import Setup
    >>> worker = UnsafeProcess().start(Setup())
    >>> worker.run("sum(range(5))").value
    10
    >>> worker.close()
    """

    executable: str = ""
    """The interpreter; '' for that of this program."""

    @property
    def name(self) -> str:
        """`unsafe-process`."""
        return "unsafe-process"

    def findings(self) -> tuple[Finding, ...]:
        """Return what it needs."""
        posix = os.name == "posix"
        told = "pipes that a child process takes over" if posix else f"{sys.platform} has none; use 'monty'"
        python = Path(self.executable or sys.executable)
        return (
            Finding("POSIX", posix, told),
            Finding("an interpreter", os.access(python, os.X_OK), str(python)),
        )

    def start(self, setup: Setup) -> ProcessWorker:
        """Start an interpreter. There are no walls to be tried. Raises SandboxUnavailableError."""
        lacking = [f"{one.name}: {one.told}" for one in self.findings() if not one.ok]
        if lacking:
            raise SandboxUnavailableError(f"The sandbox {self.name!r} does not work here: {'; '.join(lacking)}.")
        folder = Path(tempfile.mkdtemp(prefix="llm-strategy-"))
        for name in ("workspace", "home", "tmp"):
            (folder / name).mkdir()
        command = interpreter(self.executable)
        return ProcessWorker(
            Launch(
                name=self.name,
                command=command,
                environment=clean_environment(command[0], str(folder / "home"), str(folder / "tmp")),
                workspace=str(folder / "workspace"),
                folder=folder,
                watched=folder,
                rlimits=resource_limits(setup.limits, walled=False),
                after=partial(remove_folder, folder),
            ),
            setup,
        )
