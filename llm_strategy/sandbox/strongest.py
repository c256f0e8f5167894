"""The sandbox called "auto": of several bodies the first that has what it needs and whose walls hold.

A body tries its walls from inside each time it starts, before any code of a model is run; so a good start needs no
memory. A failed one is remembered for half a minute, because each may cost a third of a second: a package that was
installed meanwhile, or a kernel setting that was changed, is seen soon.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llm_strategy.errors import SandboxLostError, SandboxUnavailableError
from llm_strategy.sandbox.protocol import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.sandbox.limits import Limits
    from llm_strategy.sandbox.protocol import Sandbox, Setup, Worker

__all__ = ["FailedStarts", "Strongest", "missing", "refused", "require", "start_sandbox"]

_REMEMBERED = 30.0
"""Seconds for which a failed start is not tried again."""


@dataclass(slots=True)
class FailedStarts:
    """Starts that failed a short while ago, with what was said; by body and limits, for limits may be too narrow."""

    seconds: float = _REMEMBERED
    """How long one is remembered."""
    clock: Callable[[], float] = time.monotonic
    """The time now."""
    _told: dict[tuple[str, Limits], tuple[float, str]] = field(
        default_factory=dict[tuple[str, "Limits"], tuple[float, str]]
    )

    def note(self, body: Sandbox, limits: Limits, told: str) -> None:
        """Remember that a body did not start."""
        self._told[repr(body), limits] = self.clock(), told

    def of(self, body: Sandbox, limits: Limits) -> str | None:
        """Return why a body did not start a short while ago, or None."""
        when, told = self._told.get((repr(body), limits), (0.0, None))
        return told if told is not None and self.clock() - when < self.seconds else None

    def forget(self) -> None:
        """Forget all: the next start tries every body."""
        self._told.clear()


_FAILED = FailedStarts()


@dataclass(frozen=True, slots=True)
class Strongest:
    """A sandbox that is the first of several that starts.

    >>> from llm_strategy.sandbox import Setup
    >>> Strongest(()).start(Setup())  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    llm_strategy.errors.SandboxUnavailableError: No sandbox holds on this machine, and no code of the model was run...
    """

    bodies: tuple[Sandbox, ...]
    """The sandboxes, the strongest first."""
    failed: FailedStarts = field(default_factory=lambda: _FAILED, compare=False, repr=False)
    """What did not start a short while ago."""

    @property
    def name(self) -> str:
        """What settings, errors and traces call it."""
        return "auto"

    def findings(self) -> tuple[Finding, ...]:
        """Return one finding for each body: whether it has all that it needs, and what it lacks."""
        return tuple(_summary(body) for body in self.bodies)

    def start(self, setup: Setup) -> Worker:
        """Start the first body whose walls hold.

        Raises:
            SandboxUnavailableError: none does; it lists what each of them lacks.
        """
        return self.choose(setup)[1]

    def choose(self, setup: Setup) -> tuple[Sandbox, Worker]:
        """Start the first body whose walls hold, and tell which one that is."""
        lacks: list[str] = []
        for body in self.bodies:
            told = self.failed.of(body, setup.limits) or _lacking(body)
            if not told:
                try:
                    return body, body.start(setup)
                except (SandboxUnavailableError, SandboxLostError, OSError) as error:
                    told = f"{error}"
                    self.failed.note(body, setup.limits, told)
            lacks.append(f"{body.name}: {told}")
        raise SandboxUnavailableError("\n".join((_NONE, *(_indented(one) for one in lacks), _ADVICE)))


def start_sandbox(sandbox: Sandbox, setup: Setup) -> tuple[Sandbox, Worker]:
    """Start a sandbox, and return the body that it is with the worker: for "auto" the one that was chosen.

    A session keeps to the body that it began with: a worker that is lost is replaced by one of the same kind.

    Raises:
        SandboxUnavailableError: it does not hold on this machine.
    """
    if isinstance(sandbox, Strongest):
        return sandbox.choose(setup)
    return sandbox, sandbox.start(setup)


def missing(findings: tuple[Finding, ...]) -> str:
    """Return what is not there, in a line; '' where nothing is missing.

    >>> missing((Finding("bwrap", ok=False, told="There is no such program."), Finding("Linux", ok=True)))
    'bwrap: There is no such program.'
    """
    return " ".join(f"{one.name}: {one.told or 'missing'}" for one in findings if not one.ok)


def require(name: str, findings: tuple[Finding, ...]) -> None:
    """Refuse to go on where something is missing: the first line of `Sandbox.start`.

    Raises:
        SandboxUnavailableError: it says what is missing, and what to do about it.
    """
    if missing(findings):
        raise refused(name, findings)


def refused(name: str, findings: tuple[Finding, ...]) -> SandboxUnavailableError:
    """Return the error of a sandbox that lacks something."""
    return SandboxUnavailableError(f"The sandbox {name!r} cannot start, and no code was run. {missing(findings)}")


_NONE = "No sandbox holds on this machine, and no code of the model was run:"
_ADVICE = "`llm-strategy sandbox check` shows what each of them needs."


def _lacking(body: Sandbox) -> str:
    try:
        return missing(body.findings())
    except OSError as error:  # a machine without processes or files to spare
        return f"{error}"


def _summary(body: Sandbox) -> Finding:
    told = _lacking(body)
    return Finding(body.name, ok=not told, told=told)


def _indented(text: str) -> str:
    return "\n    ".join(f"  {text}".splitlines())
