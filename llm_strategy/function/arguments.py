"""From the arguments of a call to checked values, and to what a model is shown of them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
    create_model,
)
from pydantic.errors import PydanticSchemaGenerationError

from llm_strategy.errors import InputError
from llm_strategy.schema import bind_arguments, substitute, to_jsonable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.function.definition import Definition

__all__ = ["Arguments", "bound", "checked", "input_model", "shown"]


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call."""

    values: Mapping[str, Any]
    """Values by the name of the parameter, defaults filled in."""
    annotations: Mapping[str, Any]
    """Types by the name of the parameter, type variables resolved where the values show them."""
    bindings: Mapping[Any, Any]
    """Types by type variable."""


def bound(definition: Definition, args: tuple[Any, ...], kwargs: Mapping[str, Any], owner: object = None) -> Arguments:
    """Bind the arguments of a call and resolve type variables from them.

    Raises:
        TypeError: the arguments do not fit the signature.
        InputError: a type variable cannot be resolved, or an argument does not fit its type.
    """
    try:
        binding = definition.signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{definition.where}(): {error}") from None
    binding.apply_defaults()
    annotations = {one.name: _spread(one.annotation, one.kind) for one in definition.inputs}
    values = binding.arguments
    bindings = bind_arguments({**annotations, "self": _owner_type(owner)}, {**values, "self": owner})
    if bindings:
        annotations = {name: substitute(annotation, bindings) for name, annotation in annotations.items()}
    return Arguments(
        {name: checked(annotations[name], value, name, definition.where) for name, value in values.items()},
        annotations,
        bindings,
    )


def _spread(annotation: Any, kind: Any) -> Any:
    if kind is inspect.Parameter.VAR_POSITIONAL:
        return tuple[annotation, ...]
    if kind is inspect.Parameter.VAR_KEYWORD:
        return dict[str, annotation]
    return annotation


def _owner_type(owner: object) -> Any:
    """The generic form of an instance's class, so that its type variables are resolved too."""
    kind = owner if isinstance(owner, type) else type(owner)
    variables = getattr(kind, "__parameters__", ())
    return kind[variables] if variables else object  # type: ignore[index]


def checked(annotation: Any, value: Any, name: str, where: str) -> Any:
    """Return the value as its annotation has it. Raises InputError where it does not fit."""
    adapter = _adapter(annotation) if getattr(annotation, "__hash__", None) else None
    if adapter is None:
        return value
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "".join(f"[{part!r}]" for part in first["loc"])
        raise InputError(
            f"{where!r}: argument {name!r}{f' at {place}' if place else ''} does not fit its type: {first['msg']}, got a "
            f"value of type {type(value).__name__!r}. Pass what the annotation says, or change the annotation."
        ) from error


@lru_cache(maxsize=2048)
def _adapter(annotation: Any) -> TypeAdapter[Any] | None:
    """Return the validator of a type, or None for a type that pydantic does not know: it is then taken as it comes."""
    for config in (None, ConfigDict(arbitrary_types_allowed=True)):
        try:
            return TypeAdapter(annotation, config=config)
        except (PydanticUserError, PydanticSchemaGenerationError, NameError, TypeError):
            continue
    return None


def input_model(definition: Definition) -> type[BaseModel]:
    """Return a pydantic model with one field for each input of a stub."""
    name = "".join(part.capitalize() for part in definition.name.split("_")) + "Inputs"
    fields: dict[str, Any] = {}
    for one in definition.inputs:
        default = ... if one.default is inspect.Parameter.empty else one.default
        described = Field(default, description=one.description) if one.description else default
        fields[one.name] = (_spread(one.annotation, one.kind), described)
    return create_model(name, __config__=ConfigDict(arbitrary_types_allowed=True), **fields)


def shown(arguments: Arguments, where: str) -> dict[str, Any]:
    """Return the arguments as JSON-able data. Raises InputError for what cannot be shown."""
    data: dict[str, Any] = {}
    for name, value in arguments.values.items():
        data[name] = to_jsonable(value, arguments.annotations[name], where=f"{where!r}: argument {name!r}")
    return data
