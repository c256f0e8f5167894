"""Look at values to see which types they show for the type variables of an annotation."""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar, Union, get_type_hints

from pydantic import BaseModel

from llm_strategy.errors import InputError
from llm_strategy.schema.annotations import (
    arguments_for,
    expand_alias,
    is_type_variable,
    origin_and_arguments,
    parameters,
    strip_annotated,
    substitute,
    union_of,
)
from llm_strategy.schema.type_names import type_name

__all__ = ["Observations", "Seen", "observe", "type_of"]

T = TypeVar("T")


@dataclasses.dataclass(slots=True)
class Seen:
    """Everything that the arguments of one call show about one type variable."""

    declared: dict[Any, str] = dataclasses.field(default_factory=dict[Any, str])
    """Types stated by the caller (`Box[int](...)`, a class for `type[T]`), with the parameter that states each."""
    shown: dict[Any, str] = dataclasses.field(default_factory=dict[Any, str])
    """Types of plain values, with the parameter that first shows each."""

    def joined(self, variable: Any) -> Any:
        """Return the one type that covers all of it. Raises InputError where declarations contradict."""
        if not self.declared:
            return _join(tuple(self.shown))
        declared = next(iter(self.declared))
        for other, where in (*self.declared.items(), *self.shown.items()):
            agrees = other == declared or (other in self.shown and other not in self.declared)
            if not agrees or not _fits(other, declared):
                raise InputError(
                    f"{variable.__name__!r} is {type_name(declared)} by {self.declared[declared]!r} and "
                    f"{type_name(other)} by {where!r}: pass values of one type, or use two type variables."
                )
        return declared


Observations = dict[Any, Seen]


def observe(annotation: Any, value: object, seen: Observations, *, where: str) -> None:
    """Note in `seen` what `value` shows about the type variables of `annotation`."""
    annotation = strip_annotated(expand_alias(annotation))
    if is_type_variable(annotation):
        seen.setdefault(annotation, Seen()).shown.setdefault(type_of(value), where)
        return
    origin, arguments = origin_and_arguments(annotation)
    arguments = arguments or parameters(origin)
    if not arguments:
        return
    if origin is Union:
        _observe_union(arguments, value, seen, where)
    elif origin is type:
        _unify(arguments[0], value, seen, where)
    elif isinstance(origin, type) and origin not in _NOT_LOOKED_INTO and isinstance(value, origin):
        _observe_generic(origin, arguments, value, seen, where)


def _observe_union(members: tuple[Any, ...], value: object, seen: Observations, where: str) -> None:
    """A member without variables that the value already fits takes it; a structure goes before a bare variable."""
    bare: list[Any] = []
    for member in members:
        origin, arguments = origin_and_arguments(strip_annotated(expand_alias(member)))
        if is_type_variable(origin):
            bare.append(origin)
        elif (origin is type and isinstance(value, type)) or (isinstance(origin, type) and isinstance(value, origin)):
            if arguments or parameters(origin):
                observe(member, value, seen, where=where)
            return
    for variable in bare[:1]:
        observe(variable, value, seen, where=where)


def _observe_generic(origin: Any, arguments: tuple[Any, ...], value: Any, seen: Observations, where: str) -> None:
    generic: Any = origin
    stated = arguments_for(getattr(value, "__orig_class__", value.__class__), origin)
    if stated and not any(is_type_variable(argument) for argument in stated):
        for annotation, actual in zip(arguments, stated, strict=False):
            _unify(annotation, actual, seen, where)
    elif issubclass(origin, tuple):
        inside = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        for annotation, part in zip(inside, value, strict=False):
            observe(annotation, part, seen, where=where)
    elif issubclass(origin, Mapping) and len(arguments) == 2:
        _observe_each(arguments[0], value.keys(), seen, where)
        _observe_each(arguments[1], value.values(), seen, where)
    elif issubclass(type(value), Collection) and len(arguments) == 1 and not parameters(type(value)):
        # Iterators are not looked into: looking would use them up.
        _observe_each(arguments[0], value, seen, where)
    else:
        bindings = dict(zip(parameters(origin), arguments, strict=False))
        for name, annotation in _field_annotations(generic).items():
            if hasattr(value, name):
                observe(substitute(annotation, bindings), getattr(value, name), seen, where=where)


def _observe_each(annotation: Any, values: Collection[Any], seen: Observations, where: str) -> None:
    if is_type_variable(annotation):  # one look per class, however long the list is
        plain: dict[Any, Any] = {type(value): value for value in values}
        if all(kind in _PLAIN for kind in plain):
            values = list(plain.values())
    for value in values:
        observe(annotation, value, seen, where=where)


def _unify(annotation: Any, actual: Any, seen: Observations, where: str) -> None:
    """Match an annotation with a type that the caller stated."""
    annotation = strip_annotated(expand_alias(annotation))
    if is_type_variable(annotation):
        seen.setdefault(annotation, Seen()).declared.setdefault(actual, where)
        return
    origin, arguments = origin_and_arguments(annotation)
    if origin is Union:
        rest = [part for part in _members(actual) if part not in arguments]
        if rest:
            _unify(
                next((part for part in arguments if is_type_variable(part)), None),
                union_of(rest),
                seen,
                where,
            )
    elif isinstance(origin, type):
        inner = arguments or parameters(origin)  # pydantic makes Box[T] out of Box[T]'s own T: the class itself
        for inside, stated in zip(inner, arguments_for(actual, origin) or (), strict=False):
            if not is_type_variable(stated):
                _unify(inside, stated, seen, where)


def _members(annotation: Any) -> tuple[Any, ...]:
    origin, arguments = origin_and_arguments(annotation)
    return arguments if origin is Union else (annotation,)


_CONTAINERS: tuple[Any, ...] = (list, set, frozenset, dict, tuple)
_NOT_LOOKED_INTO: tuple[Any, ...] = (Callable,)
_PLAIN: frozenset[Any] = frozenset({bool, int, float, str, bytes, type(None)})


def type_of(value: Any) -> Any:
    """Type of a value, with what its containers and generic fields hold.

    >>> type_of({"a": [1, 2.5]})
    dict[str, list[float]]
    >>> type_of([])
    <class 'list'>
    """
    kind: Any = value.__class__
    if kind in _PLAIN:
        return kind
    if hasattr(value, "__orig_class__"):
        return value.__orig_class__
    if kind in _CONTAINERS and value:
        return types.GenericAlias(kind, _held(kind, value))
    open_variables = parameters(kind)
    if not open_variables:
        return kind
    seen: Observations = {}
    observe(kind[open_variables], value, seen, where=type_name(kind))
    if not all(variable in seen for variable in open_variables):
        return kind
    return kind[tuple(seen[variable].joined(variable) for variable in open_variables)]


def _held(kind: type, value: Any) -> tuple[Any, ...]:
    if kind is tuple:
        return tuple(type_of(part) for part in value)
    groups = (value.keys(), value.values()) if kind is dict else (value,)
    return tuple(_join(tuple(dict.fromkeys(type_of(part) for part in group))) for group in groups)


def _join(found: tuple[Any, ...]) -> Any:
    """Union of types, without those that another one covers."""
    kept = [member for member in found if not any(other != member and _fits(member, other) for other in found)]
    return union_of(kept or found)


def _fits(found: Any, expected: Any) -> bool:
    if found == expected or expected is Any:
        return True
    if any(_fits(found, member) for member in _members(expected) if member is not expected):
        return True
    if not isinstance(found, type) or not isinstance(expected, type):
        return False
    return issubclass(found, expected) or (expected is float and issubclass(found, int))


@functools.lru_cache(maxsize=1024)
def _field_annotations(generic: Any) -> dict[str, Any]:
    if issubclass(generic, BaseModel):
        return {name: field.annotation for name, field in generic.model_fields.items()}
    try:
        return get_type_hints(generic)
    except NameError:  # a name that only exists inside a function: the annotation is still its source text
        return {name: hint for name, hint in generic.__annotations__.items() if not isinstance(hint, str)}
