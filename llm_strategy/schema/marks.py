"""Finding the mark of `Untrusted` in annotations, and in the fields of classes."""

from __future__ import annotations

import dataclasses
import typing
from functools import lru_cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from typing_extensions import TypeAliasType

from llm_strategy.schema.annotations import expand_alias

__all__ = ["Mark", "field_types", "is_marked", "marked_fields"]


class Mark:
    """In an `Annotated`, it says that the value is not trusted."""

    __slots__ = ()


def is_marked(annotation: Any) -> bool:
    """Return whether an annotation says anywhere that what it holds is not trusted; fields of classes do not count.

    >>> is_marked(list[Annotated[str, Mark()]]), is_marked(list[str])
    (True, False)
    """
    try:
        return _is_marked(annotation)
    except TypeError:  # something in an Annotated may be unhashable
        return _found(annotation, ())


def _found(annotation: Any, aliases: tuple[Any, ...]) -> bool:
    if isinstance(annotation, TypeAliasType) or isinstance(get_origin(annotation), TypeAliasType):
        if any(annotation is alias or annotation == alias for alias in aliases):
            return False  # it is in the middle of itself
        return _found(expand_alias(annotation), (*aliases, annotation))
    if get_origin(annotation) is Annotated:
        return any(isinstance(note, Mark) for note in annotation.__metadata__) or _found(annotation.__origin__, aliases)
    if get_origin(annotation) is typing.Literal:
        return False
    return any(_found(part, aliases) for part in get_args(annotation))


@lru_cache(maxsize=1024)
def _is_marked(annotation: Any) -> bool:
    return _found(annotation, ())


@lru_cache(maxsize=1024)
def field_types(kind: Any) -> dict[str, Any]:
    """Return the annotations of the fields of a model or dataclass by name, `Annotated` kept; `Any` where unknown."""
    if issubclass(kind, BaseModel):
        return {
            name: Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
            for name, info in kind.model_fields.items()
        }
    try:
        hints = typing.get_type_hints(kind, include_extras=True)
    except Exception:  # noqa: BLE001 (names that exist only inside a function: nothing can be said of their annotations)
        hints = {}
    return {one.name: hints.get(one.name, Any) for one in dataclasses.fields(kind)}


@lru_cache(maxsize=1024)
def marked_fields(kind: Any) -> frozenset[str]:
    """Return the names of the fields of a model or dataclass that are declared as untrusted."""
    return frozenset(name for name, annotation in field_types(kind).items() if is_marked(annotation))
