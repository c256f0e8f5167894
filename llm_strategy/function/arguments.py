"""From the arguments of a call to checked values."""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, TypeAdapter, ValidationError, create_model
from pydantic.errors import PydanticSchemaGenerationError
from pydantic.fields import FieldInfo

from llm_strategy.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.function.definition import Definition
    from llm_strategy.function.parameters import Parameter

__all__ = ["Validator", "bound", "input_model", "validator_of"]


def bound(
    definition: Definition, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, names_model: bool = False
) -> dict[str, Any]:
    """Return the arguments of a call by the names of their parameters, defaults filled in, in the signature's order.

    Raises:
        TypeError: the arguments do not fit the signature.
    """
    try:
        given = definition.signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        unknown = [name for name in kwargs if name not in definition.signature.parameters]
        also = f", and there is no {unknown[0]!r}" if unknown and repr(unknown[0]) not in str(error) else ""
        hint = ". The first argument is the model, without its name" if names_model else ""
        raise TypeError(f"{definition.where}(): {error}{also}{hint}") from None
    if len(given) == len(definition.inputs):
        return given
    return {one.name: given[one.name] if one.name in given else _absent(one) for one in definition.inputs}


def _absent(one: Parameter) -> Any:
    if one.kind is inspect.Parameter.VAR_POSITIONAL:
        return ()
    return {} if one.kind is inspect.Parameter.VAR_KEYWORD else one.default


class Validator:
    """Checks the value of one parameter, and converts it where pydantic would."""

    def __init__(self, adapter: TypeAdapter[Any], name: str, where: str) -> None:
        self._adapter = adapter
        self._name = name
        self._where = where

    def __call__(self, value: Any) -> Any:
        """Return the value as its annotation has it. Raises InputError where it does not fit."""
        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = "".join(f"[{part!r}]" for part in first["loc"])
            raise InputError(
                f"{self._where!r}: {self._name}{f' at {place}' if place else ''} does not fit its type: "
                f"{first['msg']}, got {_shortened(first['input'])}. "
                "Pass what the annotation says, or change the annotation."
            ) from error


def _shortened(value: object, limit: int = 80) -> str:
    shown = repr(value)
    return shown if len(shown) <= limit else f"{shown[:limit]}... (a {type(value).__name__})"


def validator_of(annotation: Any, name: str, where: str) -> Validator | None:
    """Return the validator of a parameter, or None for a type that pydantic does not know: it is taken as it comes."""
    try:
        adapter = _shared_adapter(annotation)
    except TypeError:  # an annotation with something unhashable in it
        adapter = _adapter(annotation)
    return None if adapter is None else Validator(adapter, name, where)


def _adapter(annotation: Any) -> TypeAdapter[Any] | None:
    for config in (None, ConfigDict(arbitrary_types_allowed=True)):
        try:
            return TypeAdapter(annotation, config=config)
        except (PydanticUserError, PydanticSchemaGenerationError, NameError, TypeError):
            continue
    return None


_shared_adapter = lru_cache(maxsize=1024)(_adapter)


def input_model(definition: Definition) -> type[BaseModel]:
    """Return a pydantic model with one field for each input of a stub.

    A field whose name pydantic has a meaning of its own for carries an underscore, and its name as the alias.
    """
    words = definition.function.__name__.split("_")
    name = "".join(f"{word[:1].upper()}{word[1:]}" for word in words) + "Inputs"
    fields: dict[str, Any] = {}
    for one in definition.inputs:
        field = _field_name(one.name)
        fields[field] = (one.annotation, _field(one, field))
    config = ConfigDict(arbitrary_types_allowed=True, populate_by_name=True, protected_namespaces=())
    return create_model(name, __config__=config, **fields)


def _field_name(name: str) -> str:
    return f"{name.lstrip('_')}_" if name.startswith("_") or hasattr(BaseModel, name) else name


def _field(one: Parameter, field: str) -> FieldInfo:
    default: Any = ... if one.written is inspect.Parameter.empty else one.written
    if one.kind in {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        default = _absent(one)
    factory = default.default_factory if isinstance(default, FieldInfo) else None
    if isinstance(default, FieldInfo):
        default = ... if default.is_required() else default.default
    named: dict[str, Any] = {} if field == one.name else {"alias": one.name}
    value: dict[str, Any] = {"default": default} if factory is None else {"default_factory": factory}
    made: FieldInfo = Field(**value, **named, description=one.description or None)
    return made
