"""A surface: a task whose true quality is known for any values of its hyperparameters, to compare searches.

No model is called. A rollout succeeds with a probability that the values decide; whoever proposes new values is
simulated too (`reflect`), and is the same for every method. The standard library is all that is needed here, so that
peers can use surfaces in interpreters of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, TypeAlias

__all__ = ["SHIPPED", "SMALL", "Drawn", "Knob", "Point", "Reflected", "Seen", "Sizes", "Surface", "case_ids", "uniform"]

Point: TypeAlias = Mapping[str, Any]
"""JSON data by the path of a leaf."""


class Sizes(NamedTuple):
    """How many cases there are of each split."""

    train: int = 50
    val: int = 50
    test: int = 100


SHIPPED = Sizes()
"""What the tables are made with."""
SMALL = Sizes(30, 30, 30)
"""What the tables of the reference were made with."""


class Knob(NamedTuple):
    """A leaf of the space: what may change, and within which bounds."""

    path: str
    kind: Literal["text", "number", "integer", "boolean", "choice"]
    default: Any
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Any, ...] = ()


class Seen(Protocol):
    """A rollout as the one who proposes sees it: which training case, and what it scored."""

    @property
    def case(self) -> str: ...
    @property
    def score(self) -> float: ...


class Drawn(NamedTuple):
    """A rollout, as plain as can be."""

    case: str
    score: float


class Reflected(NamedTuple):
    """New values, and what is expected of them."""

    values: dict[str, Any]
    hypothesis: str


@dataclass(frozen=True)
class Surface:
    """A task whose true quality is known."""

    seed: int = 0
    """Draws the luck of every rollout; a run of a benchmark has its own."""
    sizes: Sizes = SHIPPED
    """How many cases there are."""

    name: ClassVar[str]
    deterministic: ClassVar[bool] = True
    """Whether the same values at the same case score the same each time."""

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """The space as a method with a model that writes has it."""
        raise NotImplementedError

    @property
    def seed_values(self) -> dict[str, Any]:
        """Where the search begins."""
        return {knob.path: knob.default for knob in self.knobs}

    def chance(self, values: Point, split: str, index: int) -> float:
        """The probability that a rollout succeeds."""
        raise NotImplementedError

    def quality(self, values: Point) -> float:
        """The true mean of the score over all cases that there could be; not the mean of a sample."""
        raise NotImplementedError

    def best(self) -> float:
        """The quality of the best values."""
        raise NotImplementedError

    def group(self, split: str, index: int) -> str:
        """The kind of a case: hidden from searches, unless a table says otherwise."""
        raise NotImplementedError

    def reflect(self, values: Point, runs: Sequence[Seen], stream: int) -> Reflected:
        """New values, as a model would propose them that has seen what the values did at some training cases."""
        raise NotImplementedError

    def redrawn(self, draw: int) -> Surface:
        """The same kind of surface with constants that were drawn afresh: for tables that nobody has tuned for."""
        raise NotImplementedError

    def score(self, values: Point, split: str, index: int, repeat: int = 0) -> float:
        """What a rollout scores: 0.0 or 1.0."""
        luck: tuple[object, ...] = (self.seed, split, index)
        if not self.deterministic:
            luck = (*luck, _shown(values), repeat)
        return float(uniform(*luck) < self.chance(values, split, index))

    @property
    def open_knobs(self) -> tuple[Knob, ...]:
        """The space for a method that cannot write: no texts, all that there is to choose laid open."""
        return self.knobs

    def opened(self, point: Point) -> dict[str, Any]:
        """The values that a point of the open space stands for."""
        return dict(point)


def uniform(*names: object) -> float:
    """A number from 0 to 1 that depends on the names alone: the first 48 bits of their hash.

    >>> uniform(0, "val", 3) == uniform(0, "val", 3) != uniform(0, "val", 4)
    True
    """
    digest = hashlib.sha256("|".join(map(str, names)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def case_ids(count: int) -> tuple[str, ...]:
    """Ids of cases, whose order as texts is their order as numbers.

    >>> case_ids(2)
    ('000', '001')
    """
    return tuple(f"{index:03d}" for index in range(count))


def _shown(values: Point) -> str:
    return ";".join(f"{path}={values[path]}" for path in sorted(values))
