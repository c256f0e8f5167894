"""Copies of values, and whether a value is still what it was copied from.

A scope shows the values that calls used, and they may be changed there. So it holds copies, and knows a change by
comparing with one more copy.
"""

from __future__ import annotations

import copy
import datetime as dt
import math
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, Secret, SecretBytes, SecretStr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["copy_of", "is_constant", "kinds_in", "same"]

_CONSTANT = frozenset(
    {
        *(types.NoneType, bool, int, float, complex, str, bytes, Decimal, type, range),
        *(dt.date, dt.datetime, dt.time, dt.timedelta),
        *(types.FunctionType, types.BuiltinFunctionType, types.EllipsisType),
    }
)


def is_constant(value: object) -> bool:
    """Whether a value can never change in place."""
    if type(value) in _CONSTANT or isinstance(value, Enum | type):
        return True
    return type(value) is tuple and all(map(is_constant, cast("tuple[object, ...]", value)))


def copy_of(value: Any) -> Any:
    """Return a deep copy; what cannot be copied (a lock, an open file) is shared.

    >>> import threading
    >>> held = [threading.Lock(), ["a"]]
    >>> copied = copy_of(held)
    >>> copied[0] is held[0], copied[1] is held[1]
    (True, False)
    """
    if is_constant(value):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:  # noqa: BLE001 (whatever a type of the user's raises when it is copied)
        return _shared(value)


def _shared(value: Any) -> Any:
    """Copy the containers around what cannot be copied."""
    kind = cast("Any", type(value))
    if kind is dict:
        return {key: copy_of(part) for key, part in value.items()}
    if kind in {list, tuple, set, frozenset}:
        return cast("Any", kind(map(copy_of, value)))
    try:
        if isinstance(value, BaseModel):
            return value.model_copy(update={name: copy_of(part) for name, part in dict(value).items()})
        if is_dataclass(value):
            twin: Any = copy.copy(value)
            for field in fields(value):
                object.__setattr__(twin, field.name, copy_of(getattr(value, field.name)))
            return twin
    except Exception:  # noqa: BLE001 (as above)
        return value
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal; values that have no equality of their own are compared part by part.

    >>> same([float("nan")], [float("nan")]), same([1], [1, 2])
    (True, False)
    """
    try:
        return _same(one, other, set())
    except Exception:  # noqa: BLE001 (an equality of the user's may raise anything: nothing is known to differ)
        return True


def _same(one: Any, other: Any, compared: set[tuple[int, int]]) -> bool:
    if one is other or (id(one), id(other)) in compared or _equal(one, other):
        return True
    kind: Any = cast("Any", type(one))
    if kind is not type(other):
        return False
    if issubclass(kind, float):
        return math.isnan(one) and math.isnan(other)
    compared.add((id(one), id(other)))
    if issubclass(kind, list | tuple):
        return len(one) == len(other) and all(_same(a, b, compared) for a, b in zip(one, other, strict=True))
    if issubclass(kind, Mapping):
        return list(one) == list(other) and all(_same(one[key], other[key], compared) for key in one)
    return _has_parts(kind) and _same(_parts(one), _parts(other), compared)


def _has_parts(kind: Any) -> bool:
    """Whether values of a type are what they are made of: the equality of models and dataclasses is that of parts."""
    return issubclass(kind, BaseModel) or is_dataclass(kind) or kind.__eq__ is object.__eq__


def _equal(one: Any, other: Any) -> bool:
    found = one == other
    while not isinstance(found, bool):
        every: Callable[[], Any] | None = getattr(found, "all", None)  # arrays and tables compare item by item
        if every is None:
            return bool(found)
        reduced = every()
        found = bool(reduced) if type(reduced) is type(found) else reduced
    return found


def _parts(value: Any) -> dict[str, Any]:
    if isinstance(value, BaseModel):
        return {**vars(value), **(value.model_extra or {})}
    slots = [name for kind in type(value).__mro__ for name in _slots(kind)]
    return {name: getattr(value, name) for name in [*getattr(value, "__dict__", ()), *slots] if hasattr(value, name)}


def _slots(kind: type) -> tuple[str, ...]:
    slots = kind.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def kinds_in(value: Any) -> Iterator[type]:
    """Yield the types of the models, dataclasses, enumerations and secrets in a value, in order."""
    if isinstance(value, BaseModel):
        yield type(value)
        yield from kinds_in(dict(value))
    elif is_dataclass(value) and not isinstance(value, type):
        yield type(value)
        for field in fields(value):
            yield from kinds_in(getattr(value, field.name))
    elif isinstance(value, Enum | Secret | SecretStr | SecretBytes):
        yield cast("Any", value).__class__
    elif isinstance(value, Mapping):
        for part in value.values():  # pyright: ignore[reportUnknownVariableType]
            yield from kinds_in(part)
    elif isinstance(value, list | tuple):
        for part in value:  # pyright: ignore[reportUnknownVariableType]
            yield from kinds_in(part)
