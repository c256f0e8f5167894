"""Type variables that the arguments of a call leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from typing_extensions import TypeAliasType

from llm_strategy.errors import DefinitionError, InputError
from llm_strategy.schema import close_type_variables, free_type_variables, substitute, type_name
from llm_strategy.schema.annotations import is_type_variable, origin_and_arguments, strip_annotated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.function.definition import Definition

__all__ = ["check_classes", "closed"]


def closed(definition: Definition, bindings: Mapping[Any, Any], values: Mapping[str, Any]) -> dict[Any, Any]:
    """Return bindings with `Any` for variables that the value does not show: `T` of a `Box[T]` without a field of it.

    Raises:
        InputError: the value shows a variable that is open because an argument is a `Box(...)` instead of a
            `Box[int](...)`.
    """
    missing = [one for one in free_type_variables(definition.value_type) if one not in bindings]
    if not missing:
        return dict(bindings)
    shown = _shown(definition.value_type, set())
    for variable in missing:
        if variable in shown:
            _check_parametrised(definition, variable, values)
    return {**bindings, **{one: Any for one in missing if one not in shown}}


def _shown(annotation: Any, known: set[Any]) -> set[Any]:
    """Return the variables that a type shows: of a pydantic model, those of its fields."""
    annotation = strip_annotated(annotation)
    if is_type_variable(annotation):
        return {annotation}
    origin, arguments = origin_and_arguments(annotation)
    if not (isinstance(origin, type) and issubclass(origin, BaseModel)):
        return {found for inside in arguments for found in _shown(inside, known)}
    if annotation in known:
        return set()
    known.add(annotation)
    named = dict(zip(_parameters(origin), arguments, strict=False))
    fields = (substitute(field.annotation, named) for field in origin.model_fields.values())
    return {found for field in fields for found in _shown(field, known)}


def _parameters(kind: type[BaseModel]) -> tuple[Any, ...]:
    return tuple(kind.__pydantic_generic_metadata__["parameters"])


def _check_parametrised(definition: Definition, variable: Any, values: Mapping[str, Any]) -> None:
    try:
        close_type_variables(variable, where=repr(definition.where))
    except DefinitionError as error:
        for one in definition.inputs:
            value = values[one.name]
            if variable in free_type_variables(one.annotation) and isinstance(value, BaseModel):
                kind = type(value)
                wanted = ", ".join(type_name(parameter) for parameter in _parameters(kind))
                if wanted:
                    raise InputError(
                        f"{definition.where!r}: argument {one.name!r} is a {kind.__name__!r} that shows no type for "
                        f"{variable.__name__!r}. Parametrise it: {kind.__name__}[{wanted}](...), with types for "
                        f"{wanted}."
                    ) from error


def check_classes(definition: Definition, values: Mapping[str, Any]) -> None:
    """Check arguments for `type[T]`, which stand for types. Raises InputError for what is none."""
    for one in definition.inputs:
        origin, arguments = origin_and_arguments(strip_annotated(one.annotation))
        if origin is type and any(map(is_type_variable, arguments)) and not _is_type(values[one.name]):
            raise InputError(
                f"{definition.where!r}: argument {one.name!r} is {values[one.name]!r}, which is no type. Pass a class, "
                "such as `int`."
            )


def _is_type(value: object) -> bool:
    """Whether something may be a type: classes and `NewType` can be called, special forms have arguments."""
    named = value is None or isinstance(value, TypeAliasType)
    return named or callable(value) or bool(origin_and_arguments(value)[1])
