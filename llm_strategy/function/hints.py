"""Type hints of a stub, also where they are strings that name things of the surrounding function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar, Union, cast, get_type_hints

from llm_strategy.errors import DefinitionError
from llm_strategy.schema.annotations import origin_and_arguments

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from types import FrameType

__all__ = ["SELF", "Surroundings", "hints_of", "surroundings", "type_parameters"]

_OURS = ("llm_strategy.function", "llm_strategy.strategy")

SELF = cast("Any", TypeVar)("Self")
"""Stands for `typing.Self` in hints: resolved, like any type variable, from what a method is called on."""


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """Where a decorator is applied: annotations may refer to the local names there.

    The frames are kept, and not a copy of their names, so that a stub may name a class that is defined below it.
    """

    frames: tuple[FrameType, ...] = ()
    """Frames of the functions and classes around, innermost first."""
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """More names, for the annotations of parameters."""
    result: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """More names, for the annotation of what is returned."""

    def including(self, inputs: Mapping[str, Any], result: Mapping[str, Any]) -> Surroundings:
        """Return the same place with more names."""
        return replace(self, inputs=inputs, result=result)

    def names(self, function: FunctionType) -> dict[str, Any]:
        """Return the local names that `function` was written among, nearest first."""
        names: dict[str, Any] = {} if "Self" in function.__globals__ else {"Self": Self}
        for frame in reversed(self.frames):
            around = frame.f_globals is function.__globals__
            if around and function.__qualname__.startswith(f"{frame.f_code.co_qualname}."):
                names.update(type_parameters(frame.f_locals))
                names.update(frame.f_locals)
        return names


def surroundings() -> Surroundings:
    """Return the place where a decorator of ours is applied: the first frame outside the rooms of the decorators."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # no public way
    while frame is not None and _is_ours(str(frame.f_globals.get("__name__", ""))):
        frame = frame.f_back
    module = None if frame is None else frame.f_globals
    frames: list[FrameType] = []
    while frame is not None and frame.f_globals is module and frame.f_code.co_name != "<module>":
        frames.append(frame)
        frame = frame.f_back
    return Surroundings(tuple(frames))


def type_parameters(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return the type parameters of a `class Box[T]` by their names: text in the class may refer to them."""
    found: tuple[Any, ...] = namespace.get("__type_params__", ())
    return {variable.__name__: variable for variable in found}


def _is_ours(module: str) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in _OURS)


def hints_of(
    function: FunctionType, names: Mapping[str, Any], where: str, wanted: Collection[str] | None = None
) -> dict[str, Any]:
    """Return the evaluated annotations of a function (those that are wanted), `Annotated` kept, `Self` as `SELF`.

    Raises:
        DefinitionError: an annotation cannot be evaluated; caused by a NameError where it names something that does not
            exist (yet).
    """
    try:
        hints = get_type_hints(_selected(function, wanted), localns=dict(names), include_extras=True)
    except Exception as error:
        raise DefinitionError(
            f"{where!r}: an annotation cannot be evaluated: {type(error).__name__}: {error}. "
            "Import or define what it names, before the first call at the latest."
        ) from error
    return {name: _with_self_named(hint) for name, hint in hints.items()}


def _selected(function: FunctionType, wanted: Collection[str] | None) -> FunctionType:
    """A function like this one with some of its annotations: others may name what only a type checker imports."""
    if wanted is None:
        return function
    copy = FunctionType(function.__code__, function.__globals__, function.__name__, None, function.__closure__)
    copy.__annotations__ = {name: hint for name, hint in function.__annotations__.items() if name in wanted}
    for newer in {"__type_params__"} & set(dir(function)):  # Python 3.12 on
        setattr(copy, newer, getattr(function, newer))
    return copy


def _with_self_named(annotation: Any) -> Any:
    if annotation is Self:
        return SELF
    origin, arguments = origin_and_arguments(annotation)
    if origin is Callable:  # a model is shown its text, and nothing is called
        return annotation
    if not arguments or origin is Literal:
        return annotation
    if origin is Annotated:
        return Annotated[(_with_self_named(annotation.__origin__), *annotation.__metadata__)]
    named = tuple(_with_self_named(argument) for argument in arguments)
    if all(new is old for new, old in zip(named, arguments, strict=True)):
        return annotation
    return Union[named] if origin is Union else origin[named]  # noqa: UP007 (a tuple of members, built here)
