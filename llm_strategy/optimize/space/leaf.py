"""Leaves: the single values that a search may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from llm_strategy.errors import DefinitionError

__all__ = ["Kind", "Leaf", "Log"]

Kind: TypeAlias = Literal["text", "number", "integer", "boolean", "choice", "examples", "data"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value that a search may change, with what it may be.

    >>> leaf = Leaf("app.write:temperature", "number", 0.7, low=0.0, high=1.0)
    >>> leaf.function, leaf.field
    ('app.write', 'temperature')
    """

    path: str
    """Names it: `module.qualname:hyperparameter`, with `.part` for parts, as in `app.write:fields.Essay.title`."""
    kind: Kind
    """What it is: a text, a number, one of some choices, few-shot examples; or data of another type."""
    default: Any
    """Its value as JSON data where the search begins."""
    description: str = ""
    """What it is for."""
    low: float | None = None
    """The least that a number may be, or how many examples there are at least; None for no limit."""
    high: float | None = None
    """The most."""
    log: bool = False
    """Whether numbers are compared by their ratio."""
    choices: tuple[Any, ...] = ()
    """All values that it may have, as JSON data."""
    route: tuple[str, ...] = ()
    """Where it stands in the JSON of the function's hyperparameters."""

    @property
    def function(self) -> str:
        """The function that it belongs to: `module.qualname`."""
        return self.path.partition(":")[0]

    @property
    def field(self) -> str:
        """What it is called in the function."""
        return self.path.partition(":")[2]

    @property
    def name(self) -> str:
        """Its path with the function named in short, for people."""
        return f"{self.function.rpartition('.')[2]}:{self.field}"


@dataclass(frozen=True, slots=True)
class Log:
    """Bounds of a number that is searched by ratio: as far from 32 to 64 as from 256 to 512.

    >>> Log(32, 512)
    Log(low=32, high=512)

    Raises:
        DefinitionError: the bounds are not above zero, or not in order.
    """

    low: float
    """The least."""
    high: float
    """The most."""

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high:
            raise DefinitionError(f"{self!r}: bounds on a log scale are above zero, the lower one first: Log(1, 100).")
