"""Candidates: values of the hyperparameters that are searched."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from pydantic_core import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Candidate", "Proposal", "Values", "key_of"]

Values: TypeAlias = "Mapping[str, Any]"
"""JSON data by the path of a leaf of the space; every leaf of the space has a value."""


def key_of(values: Values) -> str:
    """Return a short hash of values: equal values have equal keys, whatever the order of their names.

    >>> key_of({"a": 1, "b": "x"}) == key_of({"b": "x", "a": 1})
    True
    """
    text = to_json({name: _sorted(values[name]) for name in sorted(values)}, inf_nan_mode="strings")
    return hashlib.sha256(text).hexdigest()[:16]


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        data = cast("dict[str, Any]", value)
        return {name: _sorted(data[name]) for name in sorted(data)}
    if isinstance(value, list):
        return [_sorted(item) for item in cast("Iterable[Any]", value)]
    return value


@dataclass(frozen=True, slots=True)
class Proposal:
    """Values that somebody thinks are better."""

    values: Values | None
    """The values; None where none could be made (`problem` says why)."""
    hypothesis: str = ""
    """What is expected to be better, and why: in a few words."""
    problem: str = ""
    """Why there are no values."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Values that were tried."""

    number: int
    """Counts the candidates of a run from 0, which is the seed."""
    values: Values
    """The values."""
    parents: tuple[int, ...] = ()
    """The numbers of the candidates that it was made from."""
    proposer: str = "seed"
    """Who proposed it."""
    hypothesis: str = ""
    """What was expected of it."""

    @property
    def key(self) -> str:
        """Name the values."""
        return key_of(self.values)
