"""What a hyperparameter is: a parameter whose name begins with an underscore, with a type and a default."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, get_args, get_origin

from pydantic import ValidationError
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from llm_strategy.errors import DefinitionError
from llm_strategy.hyperparameters.config_model import ConfigModel, config_model
from llm_strategy.hyperparameters.copies import copy_of, is_constant, kinds_in, same
from llm_strategy.hyperparameters.hints import hints_of
from llm_strategy.hyperparameters.mistakes import shown, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Hyperparameter", "config_type_of", "hyperparameters_of"]

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_MEMBERS = frozenset(dir(ConfigModel))
_OLD_METHODS = frozenset({"construct", "copy", "dict", "from_orm", "json", "schema", "schema_json", "validate"})
"""Methods of pydantic's that have other names now: a hyperparameter may take theirs."""


@dataclass(frozen=True, slots=True, eq=False)
class Hyperparameter:
    """One hyperparameter of a function."""

    name: str
    """Name in scopes: without the underscore."""
    parameter: str
    """Name in the signature."""
    kind: Any
    """The kind of parameter, as `inspect` names it."""
    position: int | None
    """Which positional argument it is; None where it is given by name only."""
    written: Any
    """The default as it is written, maybe a `Field`."""

    @property
    def is_field(self) -> bool:
        """Whether the default is written as a `Field`, which Python would hand to the function as it is."""
        return isinstance(self.written, FieldInfo)

    @property
    def default(self) -> Any:
        """The value where nobody gives one; of a `Field`, a new one where it can change."""
        if not isinstance(self.written, FieldInfo):
            return self.written
        if self.written.default_factory is not None:
            return self.written.get_default(call_default_factory=True, validated_data={})
        return copy_of(self.written.default)


def hyperparameters_of(signature: inspect.Signature, where: str) -> tuple[Hyperparameter, ...]:
    """Return the hyperparameters of a signature, in order.

    Raises:
        DefinitionError: a parameter that begins with an underscore cannot be one.
    """
    found: dict[str, Hyperparameter] = {}
    for index, parameter in enumerate(signature.parameters.values()):
        if not parameter.name.startswith("_"):
            continue
        name = parameter.name.lstrip("_")
        _check(parameter, name, where)
        if name in found:
            raise DefinitionError(
                f"{where!r}: parameters {found[name].parameter!r} and {parameter.name!r} are both the hyperparameter "
                f"{name!r}. Rename one of them."
            )
        by_name = parameter.kind is inspect.Parameter.KEYWORD_ONLY
        position = None if by_name else index
        found[name] = Hyperparameter(name, parameter.name, parameter.kind, position, parameter.default)
    return tuple(found.values())


def _check(parameter: inspect.Parameter, name: str, where: str) -> None:
    named = f"{where!r}: parameter {parameter.name!r} is a hyperparameter, as its name begins with an underscore,"
    if parameter.kind in _VARIADIC:
        raise DefinitionError(f"{named} and cannot stand for many arguments. Call it {name or 'arguments'!r}.")
    if not name:
        raise DefinitionError(f"{named} but nothing follows the underscore. Give it a name.")
    if name in _MEMBERS and name not in _OLD_METHODS:
        raise DefinitionError(f"{named} but pydantic models have a {name!r} of their own. Rename it.")
    if parameter.annotation is inspect.Parameter.empty:
        raise DefinitionError(f"{named} but it has no annotation. Write `{parameter.name}: <type> = <default>`.")
    default = parameter.default
    if default is inspect.Parameter.empty or (isinstance(default, FieldInfo) and default.is_required()):
        raise DefinitionError(f"{named} but it has no default. Write `{parameter.name}: <type> = <default>`.")
    if isinstance(default, FieldInfo) and default.default_factory_takes_validated_data:
        raise DefinitionError(f"{named} but its default_factory takes an argument. Use one that takes none.")


def config_type_of(
    function: Callable[..., Any], hyperparameters: tuple[Hyperparameter, ...], where: str
) -> type[ConfigModel]:
    """Return the model of the hyperparameters of a function.

    Raises:
        DefinitionError: an annotation cannot be evaluated, or is nothing that pydantic knows; a default does not fit.
    """
    hints = hints_of(function, {one.parameter for one in hyperparameters}, where)
    for one in hyperparameters:
        _check_hint(hints[one.parameter], one.parameter, where)
    fields = {one.name: (hints[one.parameter], one.written) for one in hyperparameters}
    try:
        made = _made(where, fields, function.__module__)
    except Exception as error:
        raise DefinitionError(f"{where!r}: {_guilty(fields, where)}: {type(error).__name__}: {error}") from error
    for one in hyperparameters:
        _check_field(made, one, where)
    return made


def _check_hint(hint: Any, parameter: str, where: str) -> None:
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    for no_type in (ClassVar, Final):
        if no_type in (hint, get_origin(hint)):
            raise DefinitionError(
                f"{where!r}: hyperparameter {parameter!r} cannot be {no_type!s}: that is no type of a value, "
                "and a hyperparameter is there to be changed. Write the type alone."
            )


def _made(where: str, fields: Mapping[str, tuple[Any, Any]], module: str) -> type[ConfigModel]:
    try:
        return config_model(where, fields, module=module)
    except PydanticUserError:
        from llm_strategy.schema.readable_types import readable  # rarely needed, and not light

        known = {name: (readable(hint), default) for name, (hint, default) in fields.items()}
        return config_model(where, known, module=module)


def _guilty(fields: Mapping[str, tuple[Any, Any]], where: str) -> str:
    for name, field in fields.items():
        try:
            _made(where, {name: field}, __name__)
        except Exception:  # noqa: BLE001 (it is the one that is raised again)
            return f"hyperparameter {name!r} has a type or a default that pydantic cannot take"
    return "its hyperparameters make no pydantic model"


def _check_field(made: type[ConfigModel], one: Hyperparameter, where: str) -> None:
    field, named = made.model_fields[one.name], f"{where!r}: hyperparameter {one.parameter!r}"
    options = {
        "alias": field.alias or field.validation_alias or field.serialization_alias,
        "exclude": field.exclude,
        "frozen": field.frozen,
    }
    for option, value in options.items():
        if value:
            raise DefinitionError(f"{named} cannot have {option}={value!r}. Leave it out of its Field.")
    default = one.written.default if isinstance(one.written, FieldInfo) else one.written
    if default is PydanticUndefined:
        return  # a factory is called when a value is needed, and nothing happens before
    why = _why_not(made, one.name, default)
    if why:
        raise DefinitionError(f"{named} has the default {shown(default)}, which does not fit its type: {why}.")


def _why_not(made: type[ConfigModel], name: str, default: Any) -> str:
    """Say why a value does not fit a field as it is; nothing where it does."""
    validate: Callable[..., ConfigModel] = made.__pydantic_validator__.validate_python
    try:
        try:
            read = vars(validate({name: default}, strict=True))[name]
        except ValidationError:
            # Strict are also those types whose values pydantic would make anew: a mapping is not as good as a dict. So
            # a container fits where it equals what would be made of it; of a plain value the type has to be right.
            read = vars(validate({name: default}))[name]
            if is_constant(default) or not same(read, default):
                raise
    except ValidationError as error:
        return "; ".join(words_of(problem["msg"]) for problem in error.errors())
    except Exception as error:  # noqa: BLE001 (validators of users may raise anything)
        return f"{type(error).__name__}: {error}"
    is_data = len(list(kinds_in(read))) > len(list(kinds_in(default)))
    return "it is data of a model, and no model" if is_data else ""
