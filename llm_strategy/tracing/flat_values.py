"""Hyperparameters as one flat table: `function.name` and a plain value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["FlatValue", "Scalar", "flat_values"]

Scalar: TypeAlias = "str | bool | int | float | None"
"""A value without parts."""


class FlatValue(NamedTuple):
    """A hyperparameter without parts; one that is a model stands here as its fields."""

    function: str
    """Module and qualified name of the function."""
    name: str
    """Name of the hyperparameter, with the fields that lead to the value: `optimizer.rate`."""
    value: Scalar
    """The value; a list stands here as JSON."""
    json: str
    """The value as JSON."""

    @property
    def full_name(self) -> str:
        """Function and name."""
        return f"{self.function}.{self.name}"


def flat_values(hyperparameters: Mapping[str, Any]) -> tuple[FlatValue, ...]:
    """Return hyperparameters by function and name as a flat table, in order.

    >>> [one.full_name for one in flat_values({"app.f": {"rate": 0.1, "model": {"size": 3}}})]
    ['app.f.rate', 'app.f.model.size']
    """
    return tuple(
        FlatValue(str(function), name, value, text)
        for function, values in hyperparameters.items()
        if isinstance(values, dict)
        for name, value, text in _leaves(cast("dict[str, Any]", values))
    )


def _leaves(values: dict[str, Any]) -> Iterator[tuple[str, Scalar, str]]:
    waiting: list[tuple[str, object]] = [(str(name), value) for name, value in reversed(values.items())]
    while waiting:
        path, value = waiting.pop()
        members = _members(value)
        if members:
            waiting.extend((f"{path}.{name}", member) for name, member in reversed(members.items()))
            continue
        text = _json(value)
        yield path, value if value is None or isinstance(value, str | bool | int | float) else text, text


def _members(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return '"(too deep)"'
