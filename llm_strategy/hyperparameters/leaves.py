"""Where two values differ: not that two models do, but which of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from llm_strategy.hyperparameters.copies import same

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["ABSENT", "differing"]


class _Absent:
    """Stands for what one of two values does not have."""

    def __repr__(self) -> str:
        return "(absent)"


ABSENT = _Absent()
"""What is there in place of a hyperparameter, or a part of one, that only the other side has."""


def differing(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the smallest parts in which two values differ: where each is, and its two values.

    Values of two types differ as a whole. Items that were put into a sequence, or taken out, are told alone.

    >>> list(differing({"a": [1, 2], "b": 3}, {"a": [1, 5], "b": 3}, "x"))
    [('x.a[1]', 2, 5)]
    >>> list(differing([1, 2, 3], [1, 3], "x"))
    [('x[1]', 2, (absent))]
    """
    if same(before, after):
        return
    pairs = _pairs(before, after) if type(before) is type(after) else None
    leaves = [leaf for step, old, new in pairs or () for leaf in differing(old, new, f"{path}{step}")]
    # Where nothing that can be named differs, the whole does: the order of a mapping, say.
    yield from leaves or [(path, before, after)]


def _pairs(before: Any, after: Any) -> list[tuple[str, Any, Any]] | None:
    """Return the parts of two values of one type side by side, each with how it is reached; None for leaves."""
    if isinstance(before, list | tuple):
        return _items(cast("list[Any]", before), cast("list[Any]", after))
    one, other = _parts_of(before), _parts_of(after)
    if one is None or other is None:
        return None
    return [(step, one.get(step, ABSENT), other.get(step, ABSENT)) for step in {**one, **other}]


def _items(before: Sequence[Any], after: Sequence[Any]) -> list[tuple[str, Any, Any]]:
    """Return the items between those with which both begin and end."""
    start, end, shorter = 0, 0, min(len(before), len(after))
    while start < shorter and same(before[start], after[start]):
        start += 1
    while end < shorter - start and same(before[-1 - end], after[-1 - end]):
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    return [(f"[{start + at}]", *pair) for at, pair in enumerate(zip_longest(old, new, fillvalue=ABSENT))]


def _parts_of(value: Any) -> dict[str, Any] | None:
    """Return the parts of a value by how they are reached from it; None where it is a leaf."""
    if isinstance(value, BaseModel):
        return {f".{name}": part for name, part in [*vars(value).items(), *(value.model_extra or {}).items()]}
    if is_dataclass(value) and not isinstance(value, type):
        return {f".{field.name}": getattr(value, field.name, ABSENT) for field in fields(value)}
    if isinstance(value, Mapping):
        return {_step(key): part for key, part in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return None


def _step(key: Any) -> str:
    return f".{key}" if isinstance(key, str) and key.replace(".", "_").isidentifier() else f"[{key!r}]"
