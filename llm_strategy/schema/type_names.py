"""Short names of types, as a person would write them: for prompts, traces and error messages."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, Literal, Union

from llm_strategy.schema.annotations import (
    is_type_variable,
    origin_and_arguments,
    parameters,
    strip_annotated,
)
from llm_strategy.schema.json_data import is_list

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["type_name"]

_PLAIN_NAMES: tuple[tuple[Any, str], ...] = (
    (None, "None"),
    (types.NoneType, "None"),
    (Ellipsis, "..."),
)


def type_name(annotation: Any) -> str:
    """Name a type the way it is written in an annotation, without modules and `Annotated`.

    >>> import typing
    >>> type_name(typing.Dict[str, typing.List[int]])
    'dict[str, list[int]]'
    >>> type_name(typing.Optional[int])
    'int | None'
    >>> type_name(typing.Literal["a", 1])
    "Literal['a', 1]"
    """
    annotation = strip_annotated(annotation)
    for plain, name in _PLAIN_NAMES:
        if annotation is plain:
            return name
    if is_list(annotation):  # the argument list of a Callable
        return _listed(annotation)
    if isinstance(annotation, str) or is_type_variable(annotation):
        return str(getattr(annotation, "__name__", annotation))
    origin, arguments = origin_and_arguments(annotation)
    if origin is Union:
        return " | ".join(dict.fromkeys(type_name(argument) for argument in arguments))
    if origin is Literal:
        return f"Literal[{', '.join(repr(argument) for argument in arguments)}]"
    return _generic_name(origin, arguments)


def _generic_name(origin: Any, arguments: tuple[Any, ...]) -> str:
    if getattr(origin, "__name__", "") == "Callable":
        return "Callable" + (_listed(arguments) if arguments else "")
    name = str(getattr(origin, "__name__", None) or getattr(origin, "_name", None) or origin)
    inside = arguments or parameters(origin)
    return name + _listed(inside) if inside else name


def _listed(inside: Iterable[Any]) -> str:
    return f"[{', '.join(type_name(part) for part in inside)}]"
