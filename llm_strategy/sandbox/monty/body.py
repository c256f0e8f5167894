"""A sandbox on every system: monty, an interpreter of a part of Python without any way out, in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox.monty.snapshots import PROCESS_KEY, unsealed
from llm_strategy.sandbox.protocol import Finding
from llm_strategy.sandbox.strongest import require

if TYPE_CHECKING:
    from llm_strategy.sandbox.protocol import Setup, Worker

__all__ = ["Monty"]

_VERSION = "1.4.0"
_PACKAGES = ("pydantic-monty", "pydantic-monty-runtime")
_INSTALL = "Install it with: pip install 'llm-strategy[sandbox]'"


@dataclass(frozen=True, slots=True)
class Monty:
    """Runs code in monty: no files, no network, no processes, no packages, on Linux, macOS and Windows alike.

    Names stay from action to action. Code calls tools, prints, and has the value of its last line; it has no
    generators, no inheritance and no package (`docs/decisions/0018-monty.md` lists what else). What it lacks is an
    error of kind `Unsupported` that says what to write instead; no other sandbox is taken in its place.

    >>> from llm_strategy.sandbox import Setup
    >>> worker = Monty().start(Setup())
    >>> worker.run("x = 20")
    CodeResult(...)
    >>> worker.run("x + 1").value
    21
    >>> worker.close()

    Covered: files, network, processes, environment, memory, time, output, tools that are not offered; on Linux also
    that its process has none of the environment of this one, says nothing on its stream of errors, and, where there is
    `setpriv`, ends with it even where this one is killed.
    Not covered: a mistake in monty itself, whose process has the rights of this one, and on other systems than Linux
    its environment; the copy of one value that code hands to a tool (up to the limit of memory), which is made here
    before its size can be seen. In a process forked from one that has used it, no session can be begun.
    """

    key: bytes = field(default=b"", repr=False)
    """The key by which snapshots are sealed; without one they are of use in this process only."""

    @property
    def name(self) -> str:
        """What settings, errors and traces call it."""
        return "monty"

    def findings(self) -> tuple[Finding, ...]:
        """Return whether the packages are here, in the version that was tried."""
        return tuple(map(_finding, _PACKAGES))

    def start(self, setup: Setup) -> Worker:
        """Start an interpreter, and try the walls from inside before any code of a model is run.

        Raises:
            SandboxUnavailableError: monty is not installed, does not start, a wall did not hold, or files were given.
            InputError: the snapshot to go on from is none of this sandbox, or was changed.
        """
        require(self.name, self.findings())
        if setup.files:
            raise SandboxUnavailableError(
                f"The sandbox 'monty' has no files, and the session was given {', '.join(sorted(setup.files)[:3])}. "
                "Take 'bubblewrap' or 'landlock', or hand the data over by a tool."
            )
        key = self.key or PROCESS_KEY
        state = b""
        if setup.snapshot:
            state = unsealed(setup.snapshot, key=key, version=_VERSION, limits=setup.limits)
        try:
            from llm_strategy.sandbox.monty.walls import walled
            from llm_strategy.sandbox.monty.worker import MontyWorker
        except ImportError as error:  # it is installed, but not for this Python, or not whole
            raise SandboxUnavailableError(f"The sandbox 'monty' cannot be loaded: {error}. {_INSTALL}") from error
        return MontyWorker(walled(setup.limits, state), setup, key, _VERSION)


def _finding(package: str) -> Finding:
    try:
        found = version(package)
    except PackageNotFoundError:
        return Finding(package, ok=False, told=f"It is not installed. {_INSTALL}")
    if found != _VERSION:
        return Finding(
            package, ok=False, told=f"Version {found} is installed; {_VERSION} is what was tried. {_INSTALL}"
        )
    return Finding(package, ok=True, told=f"Version {found}.")
