"""Replace the types in an annotation that pydantic cannot read by equal ones that it can."""

from __future__ import annotations

import collections.abc
import sys
import types
import typing
from typing import Any, Literal, Union

import typing_extensions

from llm_strategy.schema.annotations import origin_and_arguments, union_of

__all__ = ["readable"]

_LISTS = (collections.abc.Collection, collections.abc.Container, collections.abc.Reversible)


def readable(annotation: Any) -> Any:
    """Return an annotation that means the same and that pydantic can read.

    `Collection[T]` and its like become lists, and before Python 3.12 a `typing.TypedDict` is made again with
    `typing_extensions`.

    >>> from collections.abc import Collection
    >>> readable(dict[str, Collection[int]])
    dict[str, list[int]]
    """
    origin, arguments = origin_and_arguments(annotation)
    if origin is typing_extensions.LiteralString:
        return str
    if origin in _LISTS:
        return types.GenericAlias(list, tuple(map(readable, arguments))) if arguments else list
    if _is_old_typed_dict(origin):
        return _remade(origin)
    if not arguments or origin is Literal or hasattr(annotation, "model_fields"):
        return annotation
    return _with_readable_parts(annotation, origin, arguments)


def _with_readable_parts(annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> Any:
    if origin is typing_extensions.Annotated:
        return typing_extensions.Annotated[(readable(annotation.__origin__), *annotation.__metadata__)]
    replaced = tuple(readable(part) for part in arguments)
    if all(new is old for new, old in zip(replaced, arguments, strict=True)):
        return annotation
    return union_of(replaced) if origin is Union else origin[replaced]


def _is_old_typed_dict(kind: Any) -> bool:
    # typing.is_typeddict knows only the TypedDict of typing, which before 3.12 is another one.
    return sys.version_info < (3, 12) and typing.is_typeddict(kind)


_remade_types: dict[Any, Any] = {}


def _remade(kind: Any) -> Any:
    if kind not in _remade_types:
        # Its own name stands for it while its fields are looked at: a TypedDict may hold itself.
        _remade_types[kind] = kind
        hints = typing.get_type_hints(kind, include_extras=True)
        fields = {name: _required(name, readable(hint), kind) for name, hint in hints.items()}
        make: Any = typing_extensions.TypedDict  # with fields that are only known here
        made = make(kind.__name__, fields)
        made.__doc__, made.__module__, made.__qualname__ = kind.__doc__, kind.__module__, kind.__qualname__
        _remade_types[kind] = made
    return _remade_types[kind]


def _required(name: str, hint: Any, kind: Any) -> Any:
    if typing_extensions.get_origin(hint) in {typing_extensions.Required, typing_extensions.NotRequired}:
        return hint
    return hint if name in kind.__required_keys__ else typing_extensions.NotRequired[hint]
