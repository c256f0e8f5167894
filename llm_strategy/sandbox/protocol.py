"""The seam where a sandbox is put in: what a session asks of one, whatever it is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from llm_strategy.sandbox.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.sandbox.steps import Outcome, Step

__all__ = ["Finding", "GuestFunction", "Sandbox", "Setup", "Worker"]


@dataclass(frozen=True, slots=True)
class GuestFunction:
    """A tool as the code in the sandbox sees it: a function that asks the host."""

    name: str
    """An identifier."""
    parameters: tuple[str, ...]
    """Names of its parameters in order: arguments by position get these names."""
    description: str = ""
    """Its docstring."""
    many: str = ""
    """Name of the parameter that takes any number of arguments (`*args`), if there is one."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a session begins with."""

    limits: Limits = field(default_factory=Limits)
    """What it may use up."""
    functions: tuple[GuestFunction, ...] = ()
    """The functions that ask the host."""
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """Files of the workspace, by path below it."""
    snapshot: bytes = b""
    """A state to go on from, as `Worker.snapshot` gave it; b'' for a fresh one."""
    seed: int = 0
    """What hashes of texts and the numbers of `random` begin with, so that code that is run again gives the same; 0 for
    others each time. A body that cannot do so takes no notice of it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a sandbox needs, and whether this machine has it."""

    name: str
    """What is needed, in a word or two."""
    ok: bool
    """Whether it is there."""
    told: str = ""
    """What was found, and what to do about it."""


class Worker(Protocol):
    """A running interpreter in a sandbox. One action at a time; `interrupt` and `close` may come from any thread."""

    @property
    def alive(self) -> bool:
        """Whether it can run code: names and files are there."""
        ...

    def run(self, code: str) -> Step:
        """Run code until it asks for a tool or is over. What goes wrong is part of the result: it never raises."""
        ...

    def resume(self, outcome: Outcome) -> Step:
        """Answer the tool that was asked for, and go on."""
        ...

    def interrupt(self) -> None:
        """End the action under way; names and files are kept where that is possible."""
        ...

    def read_file(self, path: str) -> bytes:
        """Return a file of the workspace. Raises FileNotFoundError, SandboxLostError, InputError (a path outside)."""
        ...

    def write_file(self, path: str, data: bytes) -> None:
        """Put a file into the workspace. Raises SandboxLostError, InputError."""
        ...

    def snapshot(self) -> bytes:
        """Return the state between two actions, to go on from elsewhere. Raises UnsupportedError."""
        ...

    def close(self) -> None:
        """End the session: nothing of it is left running. May be called twice."""
        ...


@runtime_checkable
class Sandbox(Protocol):
    """A way to run code that nobody trusts. Values: they are compared, and hold no running process."""

    @property
    def name(self) -> str:
        """What settings, errors and traces call it."""
        ...

    def findings(self) -> tuple[Finding, ...]:
        """Return what it needs, and whether that is here; runs no code of a model and takes less than a second."""
        ...

    def start(self, setup: Setup) -> Worker:
        """Start an interpreter, and try the walls from inside before any code of a model is run.

        Raises:
            SandboxUnavailableError: something that it needs is missing, or a wall did not hold.
        """
        ...
