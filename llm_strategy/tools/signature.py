"""What the signature of a tool says: the model of its arguments, and how they are passed."""

from __future__ import annotations

import inspect
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, create_model
from pydantic.fields import FieldInfo
from typing_extensions import Doc

from llm_strategy.errors import DefinitionError
from llm_strategy.schema import output_schema
from llm_strategy.schema.marks import is_marked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from llm_strategy.chat import Reader
    from llm_strategy.schema import OutputSchema

__all__ = ["ToolSignature", "is_method", "read_signature", "signature_of"]

_MANY = inspect.Parameter.VAR_POSITIONAL
_UNNAMED = (inspect.Parameter.POSITIONAL_ONLY,)
_POSITIONAL = (*_UNNAMED, inspect.Parameter.POSITIONAL_OR_KEYWORD)
"""What stands before `*args`, and so cannot be passed by name."""
_OWNERS = frozenset({"self", "cls"})


@dataclass(frozen=True, slots=True)
class ToolSignature:
    """The arguments of a tool, and its value."""

    arguments: OutputSchema[BaseModel]
    """The arguments as a model, in every form that it is shown in."""
    fields: Mapping[str, str]
    """The names of the model's fields by those of the parameters."""
    positional: tuple[str, ...]
    """Parameters that are not passed by name."""
    untrusted: frozenset[str]
    """Parameters that are declared as `Untrusted`."""
    value: Any
    """The declared type of the value; `Any` where there is none."""

    declared: Mapping[str, FieldInfo]
    """Defaults that are written as a `Field`, by parameter."""
    many: str = ""
    """The parameter that takes any number of arguments (`*args`), if there is one; a model fills a list."""
    given_only: bool = False
    """Whether only what the model has given is passed, since what is called has defaults of its own."""
    schema: Mapping[str, Any] | None = None
    """The JSON schema of the arguments as it was written, where the tool came with one."""
    reader: Reader[BaseModel] | None = None
    """Reads the arguments, where it is not their type that says how."""

    @property
    def named(self) -> tuple[str, ...]:
        """The parameters that take one argument each, in order."""
        return tuple(name for name in self.fields if name != self.many)

    def defaults(self, count: int, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the program leaves out of a call with `count` positional arguments, of what only a `Field` says.

        Raises:
            TypeError: a required argument is left out.
        """
        left_out = [name for name in list(self.fields)[count:] if name in self.declared and name not in given]
        for name in left_out:
            if self.declared[name].is_required():
                raise TypeError(f"missing a required argument: {name!r}")
        return {
            name: self.declared[name].get_default(call_default_factory=True, validated_data={}) for name in left_out
        }

    def passed(self, arguments: BaseModel) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments of a call, positional ones first."""
        given = arguments.model_fields_set if self.given_only else None
        values = {
            name: getattr(arguments, field) for name, field in self.fields.items() if given is None or field in given
        }
        positional = [values.pop(name) for name in self.positional]
        return (*positional, *(values.pop(self.many) if self.many else ())), values


def read_signature(function: Callable[..., Any], where: str) -> ToolSignature:
    """Read the signature of a function.

    Raises:
        DefinitionError: a parameter has no annotation, or none that a model could fill; `**kwargs`.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError) as error:
        raise DefinitionError(
            f"{where!r} has no signature that can be read: {error}. Wrap it in a function."
        ) from error
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception as error:
        raise DefinitionError(f"{where!r}: an annotation cannot be evaluated: {error}.") from error
    return signature_of(function.__name__, parameters, hints, where)


def signature_of(
    name: str, parameters: Sequence[inspect.Parameter], hints: Mapping[str, Any], where: str
) -> ToolSignature:
    """Return the signature of something that is called `name`, with the types of its parameters and its value.

    Raises:
        DefinitionError: a parameter has no annotation, or none that a model could fill; `**kwargs`.
    """
    behind = next((one for one in parameters if one.kind is _MANY), None)
    for one in parameters:
        if one.kind is inspect.Parameter.VAR_KEYWORD:
            raise DefinitionError(
                f"{where!r}: a model fills named arguments, and **{one.name} has none. Name the parameters, or take "
                "one dict."
            )
        if behind is not None and one.kind is inspect.Parameter.KEYWORD_ONLY:
            raise DefinitionError(
                f"{where!r}: {one.name!r} stands behind *{behind.name}, and code that calls the tool could not tell it "
                f"from one of those. Put it before, or take a list instead of *{behind.name}."
            )
        if one.name not in hints:
            raise DefinitionError(
                f"{where!r}: parameter {one.name!r} has no annotation. Its type is what the model is told: "
                f"write `{one.name}: <type>`."
            )
    names = {one.name: _field_name(one.name) for one in parameters}
    types = {one.name: _list_of(hints[one.name]) if one.kind is _MANY else hints[one.name] for one in parameters}
    fields: dict[str, Any] = {
        names[one.name]: (types[one.name], _field(one, names[one.name], types[one.name])) for one in parameters
    }
    many = "" if behind is None else behind.name
    return ToolSignature(
        arguments=output_schema(_model(name, fields, where), where=f"arguments of {where!r}"),
        fields=names,
        positional=tuple(one.name for one in parameters if one.kind in (_POSITIONAL if many else _UNNAMED)),
        untrusted=frozenset(one for one in names if is_marked(hints[one])),
        value=hints.get("return", Any),
        declared={one.name: one.default for one in parameters if isinstance(one.default, FieldInfo)},
        many=many,
    )


def _list_of(hint: Any) -> Any:
    return list[hint]


def is_method(function: Callable[..., Any]) -> bool:
    """Return whether a function still has the parameter for what it is called on."""
    first = next(iter(inspect.signature(function).parameters), "")
    return first in _OWNERS


def _model(name: str, fields: dict[str, Any], where: str) -> type[BaseModel]:
    title = "".join(f"{word[:1].upper()}{word[1:]}" for word in name.split("_")) or "Tool"
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, populate_by_name=True, protected_namespaces=())
    try:
        return create_model(f"{title}Arguments", __config__=config, **fields)
    except (PydanticUserError, TypeError) as error:
        raise DefinitionError(f"{where!r}: its arguments cannot be described to a model: {error}.") from error


def _field_name(name: str) -> str:
    return f"{name.lstrip('_')}_" if name.startswith("_") or hasattr(BaseModel, name) else name


def _field(one: inspect.Parameter, field: str, hint: Any) -> Any:
    named: dict[str, Any] = {} if field == one.name else {"alias": one.name}
    default: Any = ... if one.default is inspect.Parameter.empty else one.default
    if one.kind is _MANY:
        return Field(default_factory=list, **named)
    if isinstance(default, FieldInfo):
        if not named:
            return default
        raise DefinitionError(
            f"Parameter {one.name!r} has a Field, and a name that pydantic has a meaning of its own for. Rename it."
        )
    told = next((text for text in map(_text, getattr(hint, "__metadata__", ())) if text), None)
    return Field(default, **named) if told is None else Field(default, description=told, **named)


def _text(note: object) -> str:
    return note.documentation if isinstance(note, Doc) else note if isinstance(note, str) else ""
