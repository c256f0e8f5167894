"""What this machine has for running code of a model: each sandbox with what it needs, and whether it starts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError, SandboxLostError
from llm_strategy.sandbox.choosing import sandbox_named, walled_sandboxes
from llm_strategy.sandbox.protocol import Finding, Setup
from llm_strategy.sandbox.strongest import Strongest, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llm_strategy.sandbox.protocol import Sandbox

__all__ = ["Checked", "check_sandbox", "check_sandboxes", "chosen"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found about a sandbox."""

    name: str
    """The sandbox."""
    findings: tuple[Finding, ...]
    """What it needs."""
    started: bool | None = None
    """Whether a session began and its walls held; None where that was not tried."""
    told: str = ""
    """Why it did not."""
    seconds: float = 0.0
    """How long the start took, the trying of the walls included."""

    @property
    def complete(self) -> bool:
        """Whether everything that it needs is there."""
        return not missing(self.findings)

    @property
    def usable(self) -> bool:
        """Whether it can be taken, as far as was tried."""
        return self.complete if self.started is None else self.started


def check_sandboxes(*, probe: bool = True) -> tuple[Checked, ...]:
    """Look at every sandbox with walls, in the order of "auto".

    Args:
        probe: Whether to start a session of each that has what it needs, which tries its walls from inside.
    """
    return tuple(check_sandbox(body, probe=probe) for body in walled_sandboxes())


def check_sandbox(body: Sandbox, *, probe: bool = True, clock: Callable[[], float] = time.perf_counter) -> Checked:
    """Look at one sandbox. Args: see `check_sandboxes`; `clock` tells the seconds."""
    try:
        findings = body.findings()
    except OSError as error:  # a machine without processes or files to spare
        findings = (Finding("this machine", ok=False, told=f"{error}"),)
    if not probe or missing(findings):
        return Checked(body.name, findings)
    began = clock()
    try:
        worker = body.start(Setup())
    except (ConfigurationError, SandboxLostError, OSError) as error:
        return Checked(body.name, findings, started=False, told=f"{error}", seconds=clock() - began)
    seconds = clock() - began
    worker.close()
    return Checked(body.name, findings, started=True, seconds=seconds)


def chosen(checked: Sequence[Checked]) -> str:
    """Return the name of the sandbox that "auto" takes, '' where there is none.

    Raises:
        ConfigurationError: the environment names a sandbox that does not exist, or one without walls.
    """
    auto = sandbox_named("auto")
    names = [body.name for body in auto.bodies] if isinstance(auto, Strongest) else []
    return next((one.name for name in names for one in checked if one.name == name and one.usable), "")
