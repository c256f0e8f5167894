"""The hyperparameters of one function as a pydantic model: what an entry of a scope is."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, create_model
from pydantic.fields import FieldInfo

from llm_strategy.hyperparameters.changes import note_change
from llm_strategy.hyperparameters.copies import copy_of, is_constant, same
from llm_strategy.hyperparameters.mistakes import misfit, unknown_field, unknown_function
from llm_strategy.hyperparameters.registry import registered, registered_names

__all__ = ["ConfigModel", "Inherited", "Record", "config_model", "private_of", "record_of", "settle"]


@dataclass(frozen=True, slots=True)
class Inherited:
    """A value that came from a scope around the one that holds it."""

    value: Any
    """The copy that the scope holds."""
    period: object
    """When it came: it applies from the next time on that the scope comes into force."""
    before: Inherited | None = None
    """What came earlier, and applies until then."""

    def at(self, period: object) -> Inherited | None:
        """Return what applies in a period."""
        return self.before if self.period is period else self


@dataclass(slots=True)
class Record:
    """Where the values of an entry come from, as far as they were not set."""

    held: dict[str, tuple[Any, Any]] = field(default_factory=dict[str, tuple[Any, Any]])
    """Of values that can change in place: the one held, and a copy by which a change is noticed."""
    inherited: dict[str, Inherited] = field(default_factory=dict[str, Inherited])
    """What came from scopes around."""
    exposed: bool = True
    """Whether anyone has seen the entry, and may change its values in place: whoever made it, say."""

    def forget(self, name: str) -> None:
        """Drop what is known of a value."""
        self.held.pop(name, None)
        self.inherited.pop(name, None)

    def copied(self) -> Record:
        """Return a record of the same values, for another entry."""
        return Record(dict(self.held), dict(self.inherited), self.exposed)


class ConfigModel(BaseModel):
    """The hyperparameters of one function, typed; the type of each function's is made by `config_model`.

    Attributes are checked when they are assigned, and may be deleted: that puts the default back.
    """

    model_config = ConfigDict(
        extra="forbid",
        validate_assignment=True,
        arbitrary_types_allowed=True,
        protected_namespaces=(),
        ser_json_inf_nan="strings",
    )

    __config_name__: ClassVar[str] = "hyperparameters"

    _record: Record = PrivateAttr(default_factory=Record)

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise _error_of(type(self), error) from error

    # Without this mark pydantic takes every way to an instance through __init__, and JSON is read as if it were Python.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]

    def model_post_init(self, _context: Any, /) -> None:
        """Hold copies of the defaults that can change in place."""
        for name in type(self).model_fields.keys() - self.__pydantic_fields_set__:
            value = vars(self)[name]
            if not is_constant(value):
                held = copy_of(value)
                vars(self)[name] = held
                record_of(self).held[name] = (held, copy_of(value))

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Read an instance from data. Raises HyperparameterError."""
        try:
            return super().model_validate(obj, **options)
        except ValidationError as error:
            raise _error_of(cls, error) from error

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Read an instance from JSON. Raises HyperparameterError."""
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError as error:
            raise _error_of(cls, error) from error

    @property
    def model_fields_set(self) -> set[str]:
        """Names of the hyperparameters that were set, or changed in place."""
        settle(self)
        return self.__pydantic_fields_set__

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Return the values as pydantic does; of what was set, or changed in place, all is written."""
        return super().model_dump(**_whole_values(self, options))

    def model_dump_json(self, **options: Any) -> str:
        """Return the values as JSON as pydantic does; of what was set, or changed in place, all is written."""
        return super().model_dump_json(**_whole_values(self, options))

    if not TYPE_CHECKING:  # a type checker is to find names that do not exist

        def __getattr__(self, name: str) -> Any:
            """Say what there is in place of a name that is not."""
            if name.startswith("_"):
                return super().__getattr__(name)
            raise AttributeError(str(unknown_field(type(self).__config_name__, name, type(self).model_fields)))

    def __setattr__(self, name: str, value: Any) -> None:
        kind = type(self)
        if name not in kind.model_fields:
            raise unknown_field(kind.__config_name__, name, kind.model_fields)
        try:
            super().__setattr__(name, value)
        except ValidationError as error:
            raise _error_of(kind, error) from error
        record_of(self).forget(name)
        note_change()

    def __delattr__(self, name: str) -> None:
        kind = type(self)
        if name not in kind.model_fields:
            raise unknown_field(kind.__config_name__, name, kind.model_fields)
        default = kind()
        self.__pydantic_fields_set__.discard(name)
        record_of(self).forget(name)
        vars(self)[name] = vars(default)[name]
        if name in record_of(default).held:
            record_of(self).held[name] = record_of(default).held[name]
        note_change()

    def __copy__(self) -> Self:
        settle(self)
        twin = super().__copy__()
        private_of(twin)["_record"] = record_of(self).copied()
        return twin

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        settle(self)
        twin, record = super().__copy__(), record_of(self)
        for name, value in vars(self).items():
            vars(twin)[name] = copy_of(value)
        private_of(twin)["_record"] = Record()
        for name, (_, past) in record.held.items():
            record_of(twin).held[name] = (vars(twin)[name], past)
        for name, one in record.inherited.items():
            shown = one.value is vars(self)[name]
            value = vars(twin)[name] if shown else copy_of(one.value)
            record_of(twin).inherited[name] = Inherited(value, one.period)
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel by name and by what was set: the type is made where the function is defined."""
        return _arrived, (self.__config_name__, {name: vars(self)[name] for name in self.model_fields_set})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ConfigModel) or self.__config_name__ != other.__config_name__:
            return NotImplemented
        return same(dict(vars(self)), dict(vars(other)))

    __hash__ = None  # type: ignore[assignment]  # it can change


def _arrived(name: str, values: dict[str, Any]) -> ConfigModel:
    tracked = registered(name)
    if tracked is None:
        raise unknown_function(name, registered_names())
    return tracked.config_model_type(**values)


def _error_of(kind: type[ConfigModel], error: ValidationError) -> Exception:
    return misfit(kind.__config_name__, error, kind.model_fields)


def _whole_values(entry: ConfigModel, options: dict[str, Any]) -> dict[str, Any]:
    """Let `exclude_unset` choose among hyperparameters only: what is in a value may have been changed in place."""
    if not options.pop("exclude_unset", False):
        return options
    chosen, include = entry.model_fields_set, options.get("include")
    if isinstance(include, Mapping):
        wanted = cast("Mapping[str, Any]", include)
        return {**options, "include": {name: wanted[name] for name in chosen & wanted.keys()}}
    return {**options, "include": chosen if include is None else chosen & set(include)}


def record_of(entry: ConfigModel) -> Record:
    """Return the record of an entry."""
    record: Record = private_of(entry)["_record"]
    return record


def private_of(model: BaseModel) -> dict[str, Any]:
    """Return the private attributes of a model, without the search that getattr makes."""
    private: Any = model.__pydantic_private__
    return cast("dict[str, Any]", private)


def settle(entry: ConfigModel) -> None:
    """Count as set what was changed in place since it was collected."""
    record = record_of(entry)
    for name, (held, past) in list(record.held.items()):
        if vars(entry).get(name) is held and not same(held, past):
            entry.__pydantic_fields_set__.add(name)
            record.forget(name)
            note_change()


def config_model(
    config_name: str, fields: Mapping[str, tuple[Any, Any]], *, module: str = __name__, doc: str | None = None
) -> type[ConfigModel]:
    """Return the type of the hyperparameters of a function.

    >>> Settings = config_model("shop.find", {"limit": (int, 10)})
    >>> Settings(limit=3)
    FindHyperparameters(limit=3)

    Args:
        config_name: the function, as `module.qualname`.
        fields: annotation and default (maybe a `Field`) by name.
        module: where the type belongs.
        doc: what the type is, for JSON schemas.
    """
    words = config_name.rpartition(".")[2].strip("_<>").split("_")
    definitions: dict[str, Any] = {name: (hint, _copyable(default)) for name, (hint, default) in fields.items()}
    with warnings.catch_warnings():
        # A field may be called `schema` or `copy`: pydantic has newer names for its own methods.
        warnings.filterwarnings("ignore", message="Field name .* shadows an attribute", category=UserWarning)
        made = create_model(
            "".join(word[:1].upper() + word[1:] for word in words) + "Hyperparameters",
            __base__=ConfigModel,
            __module__=module,
            __doc__=doc or f"Hyperparameters of {config_name}.",
            **definitions,
        )
    made.__config_name__ = config_name
    return made


def _copyable(default: Any) -> Any:
    """Let pydantic share what cannot be copied: it would copy each default for each instance, and fail."""
    value = default.default if isinstance(default, FieldInfo) else default
    if is_constant(value):
        return default
    try:
        copy.deepcopy(value)
    except Exception:  # noqa: BLE001 (whatever a type of the user's raises when it is copied)
        about = default.description if isinstance(default, FieldInfo) else None
        return Field(default_factory=partial(copy_of, value), description=about)
    return default
