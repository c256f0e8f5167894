"""What an annotation says of a value: of which kind it is, what it may be, and whether it may be missing."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, NewType, Union, cast, get_args, get_origin

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from llm_strategy.schema.annotations import origin_and_arguments, union_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.optimize.space.leaf import Kind

__all__ = ["Meaning", "meaning_of"]

_KINDS: dict[Any, Kind] = {str: "text", float: "number", int: "integer", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an annotation says."""

    annotation: Any
    """It, without what is around it."""
    kind: Kind
    """Of which kind values are."""
    low: float | None = None
    """The least that a number may be."""
    high: float | None = None
    """The most."""
    choices: tuple[Any, ...] = ()
    """All values that there are, as JSON data."""


def meaning_of(annotation: Any) -> Meaning:
    """Return what an annotation says.

    >>> meaning_of(Literal["json", "xml"] | None).choices
    ('json', 'xml', None)
    """
    hints: list[Any] = []
    plain, optional = _unwrapped(annotation, hints)
    found = _plain_meaning(plain)
    if optional and found.choices:
        found = replace(found, choices=(*found.choices, None))
    if found.kind not in {"number", "integer"}:
        return found
    if any(hasattr(one, "multiple_of") for one in _flat(hints)):
        return replace(found, kind="data")  # no number that is drawn would do
    lows = [_inside(bound, 1, found.kind) if strict else bound for bound, strict in _bounds(hints, "ge", "gt")]
    highs = [_inside(bound, -1, found.kind) if strict else bound for bound, strict in _bounds(hints, "le", "lt")]
    return replace(found, low=max(lows, default=None), high=min(highs, default=None))


def _inside(bound: float, step: int, kind: str) -> float:
    """Return the nearest number beside a bound that does not count itself."""
    return bound + step if kind == "integer" else math.nextafter(bound, step * math.inf)


def _unwrapped(annotation: Any, hints: list[Any]) -> tuple[Any, bool]:
    """Return an annotation without names, metadata and None around it, and whether None was among it."""
    optional = False
    while True:
        origin, arguments = origin_and_arguments(annotation)
        if isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            inner, *more = get_args(annotation)
            hints.extend(more)
            annotation = inner
        elif origin is Union and NoneType in arguments:
            optional = True
            annotation = union_of(tuple(one for one in arguments if one is not NoneType))
        else:
            return annotation, optional


def _plain_meaning(annotation: Any) -> Meaning:
    if get_origin(annotation) is Literal:
        values = get_args(annotation)
        return Meaning(annotation, "choice", choices=tuple(map(_written, values)))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        written = TypeAdapter[Any](annotation)
        return Meaning(annotation, "choice", choices=tuple(written.dump_python(one, mode="json") for one in annotation))
    return Meaning(annotation, _KINDS.get(annotation, "data"))


def _written(value: Any) -> Any:
    return TypeAdapter[Any](cast("Any", type(value))).dump_python(value, mode="json")


def _flat(hints: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for one in hints:
        if isinstance(one, FieldInfo):
            found.extend(_flat(one.metadata))
        elif hasattr(one, "__iter__") and not isinstance(one, str):  # groups of bounds, such as Interval
            found.extend(_flat(one))
        else:
            found.append(one)
    return found


def _bounds(hints: Iterable[Any], loose: str, strict: str) -> list[tuple[float, bool]]:
    found: list[tuple[float, bool]] = []
    for one in _flat(hints):
        for name in (loose, strict):
            bound = getattr(one, name, None)
            if isinstance(bound, int | float) and not isinstance(bound, bool) and abs(bound) != math.inf:
                found.append((bound, name == strict))
    return found
