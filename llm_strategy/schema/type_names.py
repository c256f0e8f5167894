"""Short names of types, as a person would write them: for prompts, traces and error messages."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, Literal, Union

from llm_strategy.schema.annotations import (
    is_type_variable,
    origin_and_arguments,
    parameters,
    strip_annotated,
)

__all__ = ["type_name"]


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
    if annotation is None or annotation is types.NoneType:
        return "None"
    if annotation is Ellipsis:
        return "..."
    if isinstance(annotation, str):
        return annotation
    if isinstance(annotation, list):  # the argument list of a Callable
        return _listed(tuple(annotation))
    if is_type_variable(annotation):
        return str(annotation.__name__)
    origin, arguments = origin_and_arguments(annotation)
    if origin is Union:
        return " | ".join(dict.fromkeys(type_name(argument) for argument in arguments))
    if origin is Literal:
        return f"Literal[{', '.join(repr(argument) for argument in arguments)}]"
    return _generic_name(origin, arguments)


def _generic_name(origin: Any, arguments: tuple[Any, ...]) -> str:
    name = str(getattr(origin, "__name__", None) or getattr(origin, "_name", None) or origin)
    if origin is Callable:
        name = "Callable"
    inside = arguments or parameters(origin)
    return name + _listed(inside) if inside else name


def _listed(inside: tuple[Any, ...]) -> str:
    return f"[{', '.join(type_name(part) for part in inside)}]"
