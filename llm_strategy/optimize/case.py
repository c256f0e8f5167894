"""Cases: what a task is tried on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, cast

from typing_extensions import TypeVar

__all__ = ["Case"]

P = TypeVar("P")
R = TypeVar("R", default=None)


@dataclass(frozen=True, slots=True)
class Case(Generic[P, R]):
    """Parameters of a task with the result that is expected. The task gets the parameters only, the metric both.

    >>> Case({"country": "France"}, "Paris").expected
    'Paris'
    """

    parameters: P
    """What the task is called with."""
    expected: R = cast("R", None)  # noqa: RUF009 - a cast is no call that makes anything
    """What it should give; None where nobody knows, as judges need not."""
    id: str = ""
    """Names the case; '' takes a hash of what it holds. The same id means the same case on resume."""
    group: str = ""
    """Cases of a kind (a class, a difficulty): splits and validation sets take their share of each group."""
