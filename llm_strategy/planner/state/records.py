"""What is kept of a run, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ProgramVersion", "Spent", "StepRecord"]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a piece of work has cost.

    >>> Spent(calls=1, input_tokens=10) + Spent(calls=2, dollars=None)
    Spent(calls=3, input_tokens=10, output_tokens=0, dollars=None, seconds=0.0)
    """

    calls: int = 0
    """Requests to models that were answered."""
    input_tokens: int = 0
    """Tokens of what they were sent."""
    output_tokens: int = 0
    """Tokens of what they said."""
    dollars: float | None = 0.0
    """Money; None where the price of a part is not known."""
    seconds: float = 0.0
    """Time, by a clock on the wall."""

    def __add__(self, other: Spent) -> Spent:
        """Return both together; money that is not known makes the sum unknown."""
        known = None if self.dollars is None or other.dollars is None else self.dollars + other.dollars
        return Spent(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            known,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step that is over."""

    path: str
    """Where it stands in the program; see `Position`."""
    outcome: str
    """`done`, `failed` or `skipped`; of conditions `yes` or `no`."""
    attempts: int = 1
    """How often it was tried."""
    note: str = ""
    """What is to be known about it afterwards."""
    spent: Spent = Spent()
    """What it has cost."""
    made: float = 0.0
    """When it was over, in seconds since 1970."""
    epoch: int = 0
    """How often it had been opened again before."""
    is_current: bool = True
    """Whether its outcome still counts: not where the step was opened again since."""


@dataclass(frozen=True, slots=True)
class ProgramVersion:
    """A program as it was at some time of a run."""

    number: int
    """From 1 on."""
    why: str
    """What made it."""
    made: float
    """When, in seconds since 1970."""
    text: str
    """The program as YAML."""
