"""Take type annotations apart: the one place that knows how Python and pydantic spell a type.

`typing.List[int]`, `list[int]`, a parametrised pydantic model (a real class) and an alias made by `type X =
...` all become the same pair of an origin and its arguments, so that the rest of the package never asks how a
type was written.
"""

from __future__ import annotations

import types
import typing
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar, Union, get_args, get_origin

import typing_extensions
from typing_extensions import TypeAliasType

from llm_strategy.schema.json_data import is_list

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "arguments_for",
    "expand_alias",
    "is_type_variable",
    "origin_and_arguments",
    "parameters",
    "strip_annotated",
    "substitute",
    "union_of",
]

_ALIAS_TYPES: tuple[type[TypeAliasType], ...] = tuple({TypeAliasType, getattr(typing, "TypeAliasType", TypeAliasType)})


def is_type_variable(annotation: Any) -> bool:
    """Whether `annotation` is a `TypeVar`, in any of its spellings.

    >>> is_type_variable(TypeVar("T")), is_type_variable(int)
    (True, False)
    """
    return isinstance(annotation, TypeVar)


def strip_annotated(annotation: Any) -> Any:
    """Remove `Annotated[...]` and what it carries from the outside of a type.

    >>> from typing import Annotated
    >>> strip_annotated(Annotated[int, "years"])
    <class 'int'>
    """
    while get_origin(annotation) is typing_extensions.Annotated:
        annotation = annotation.__origin__
    return annotation


def origin_and_arguments(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Split a type into what it is and what it holds.

    >>> origin_and_arguments(dict[str, int])
    (<class 'dict'>, (<class 'str'>, <class 'int'>))
    >>> origin_and_arguments(int | None)[0]
    typing.Union
    >>> origin_and_arguments(int)
    (<class 'int'>, ())
    """
    metadata = pydantic_generic_metadata(annotation)
    if metadata is not None and metadata["origin"] is not None:
        return metadata["origin"], tuple(metadata["args"])
    origin = get_origin(annotation)
    if origin is None:
        return annotation, ()
    return (Union if origin is types.UnionType else origin), get_args(annotation)


def pydantic_generic_metadata(annotation: Any) -> Any:
    """Origin, arguments and parameters of a pydantic model class; None for anything else."""
    # A documented class attribute of BaseModel: a parametrised model is a class, so `typing.get_origin` cannot see it.
    return getattr(annotation, "__pydantic_generic_metadata__", None) if isinstance(annotation, type) else None


def parameters(generic: Any) -> tuple[Any, ...]:
    """Type parameters that a generic class or alias still has open.

    >>> T = TypeVar("T")
    >>> parameters(list[T])
    (~T,)
    >>> parameters(int)
    ()
    """
    metadata = pydantic_generic_metadata(generic)
    if metadata is not None:
        return tuple(metadata["parameters"])
    if isinstance(generic, _ALIAS_TYPES):
        return tuple(generic.__type_params__)
    return tuple(getattr(generic, "__parameters__", ()))


def expand_alias(annotation: Any) -> Any:
    """Replace an alias made by `TypeAliasType` (`type X = ...`) by what it stands for, once.

    >>> Names = TypeAliasType("Names", list[str])
    >>> expand_alias(Names)
    list[str]
    >>> expand_alias(int)
    <class 'int'>
    """
    origin, arguments = origin_and_arguments(annotation)
    if not isinstance(origin, _ALIAS_TYPES):
        return annotation
    return substitute(origin.__value__, dict(zip(parameters(origin), arguments, strict=False)))


def substitute(annotation: Any, bindings: dict[Any, Any]) -> Any:
    """Replace the type variables of an annotation.

    Variables that `bindings` does not name stay as they are.

    >>> T = TypeVar("T")
    >>> substitute(dict[str, list[T]], {T: int})
    dict[str, list[int]]
    >>> substitute(T | None, {T: str})
    typing.Optional[str]
    """
    if is_type_variable(annotation):
        return bindings.get(annotation, annotation)
    if is_list(annotation):  # the argument list of a Callable
        return [substitute(part, bindings) for part in annotation]
    origin, arguments = origin_and_arguments(annotation)
    if not arguments and pydantic_generic_metadata(annotation) is not None:
        arguments = parameters(annotation)  # pydantic makes Box[T] out of Box[T]'s own T: the class itself
    if not arguments or origin is Literal:
        return annotation
    if origin is typing_extensions.Annotated:
        return typing_extensions.Annotated[(substitute(annotation.__origin__, bindings), *annotation.__metadata__)]
    replaced = tuple(substitute(argument, bindings) for argument in arguments)
    if all(new is old for new, old in zip(replaced, arguments, strict=True)):
        return annotation
    return union_of(replaced) if origin is Union else origin[replaced]


def union_of(members: Iterable[Any]) -> Any:
    """Return the union of some types.

    >>> union_of([int, None])
    typing.Optional[int]
    """
    return Union[tuple(members)]  # noqa: UP007 - the members are only known here


def arguments_for(annotation: Any, target: type) -> tuple[Any, ...] | None:
    """Arguments that `annotation` gives to `target`, one of its generic classes.

    Walks up the bases, so that `class IntBox(Box[int])` is known to be a `Box[int]`.

    >>> class Box(Generic[TypeVar("T")]): ...
    >>> class IntBox(Box[int]): ...
    >>> arguments_for(IntBox, Box)
    (<class 'int'>,)
    >>> arguments_for(str, Box) is None
    True
    """
    origin, arguments = origin_and_arguments(annotation)
    names = parameters(origin)
    if origin is target:
        return arguments or names
    if not isinstance(origin, type):
        return None
    bindings = dict(zip(names, arguments, strict=False))
    for parent in (*getattr(origin, "__orig_bases__", ()), *origin.__bases__):
        if get_origin(parent) in {Generic, Protocol}:
            continue
        found = arguments_for(parent, target)
        if found is not None:
            return tuple(substitute(argument, bindings) for argument in found)
    return None
