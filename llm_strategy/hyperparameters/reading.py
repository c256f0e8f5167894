"""Entries of a scope from whatever they are given as: models, dicts, JSON data, other scopes' entries."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from pydantic import ValidationError
from pydantic_core import to_json

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters.config_model import ConfigModel, record_of
from llm_strategy.hyperparameters.mistakes import misfit, shown, unknown_function
from llm_strategy.hyperparameters.namesakes import check_nothing_lost
from llm_strategy.hyperparameters.registry import Tracked, registered, registered_names

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Entries", "Key", "alike", "entries_from", "entry_from", "reread", "tracked_of"]


Key: TypeAlias = "Tracked | property | cached_property[Any] | str"
"""What an entry of a scope is found by."""


class Entries(dict[str, ConfigModel]):
    """Entries that are read already."""


def entries_from(data: Any, *, from_json: bool = False) -> Entries:
    """Return entries by the names of their functions. Raises HyperparameterError."""
    if data is None and not from_json:
        return Entries()
    own: Callable[[], dict[str, ConfigModel]] | None = getattr(data, "__config_entries__", None)
    if own is not None:  # a scope, or a point of a search space
        return Entries(own())
    if not isinstance(data, Mapping):
        raise HyperparameterError(
            f"{shown(data)} holds no hyperparameters. Give a mapping from functions, or their names, to their values."
        )
    found = Entries()
    for key, value in data.items():  # pyright: ignore[reportUnknownVariableType]
        entry = entry_from(key, value, from_json=from_json)
        if entry.__config_name__ in found:
            check_nothing_lost(found[entry.__config_name__], type(entry))
        found[entry.__config_name__] = entry
    return found


def entry_from(key: Any, value: Any, *, from_json: bool = False) -> ConfigModel:
    """Return the entry of a function. Raises HyperparameterError."""
    name, kind = _named(key, value)
    if isinstance(value, ConfigModel):
        if value.__config_name__ != name:
            raise HyperparameterError(
                f"{name!r} cannot have {shown(value)}: these are the hyperparameters of {value.__config_name__!r}."
            )
        return value if alike(type(value), kind) else reread(value, kind)
    if from_json:  # as JSON, so that types that read text and lists differently from Python objects are read rightly
        return kind.model_validate_json(to_json(value, inf_nan_mode="constants"))
    return kind.model_validate(value)


def _named(key: Any, value: Any) -> tuple[str, type[ConfigModel]]:
    if isinstance(key, str):
        tracked = registered(key)
        if tracked is not None:
            return key, tracked.config_model_type
        if isinstance(value, ConfigModel) and value.__config_name__ == key:
            return key, type(value)
        raise unknown_function(key, registered_names())
    tracked = tracked_of(key)
    return tracked.config_name, tracked.config_model_type


def tracked_of(key: object) -> Tracked:
    """Return the function that a key of a scope means: itself, or that of a property.

    Raises:
        HyperparameterError: there is none.
    """
    inside: object = key
    if isinstance(inside, property | cached_property):
        inside = getattr(cast("Any", inside), "fget" if isinstance(inside, property) else "func")
    if isinstance(inside, Tracked):
        return inside
    raise HyperparameterError(f"{shown(key)} is no tracked function. Decorate it with @track_hyperparameters.")


def alike(one: type[ConfigModel], other: type[ConfigModel]) -> bool:
    """Whether two types have the same fields; only the defaults may differ."""
    if one is other:
        return True
    mine, others = one.model_fields, other.model_fields
    return mine.keys() == others.keys() and all(
        field.annotation == others[name].annotation and field.metadata == others[name].metadata
        for name, field in mine.items()
    )


def reread(entry: ConfigModel, kind: type[ConfigModel]) -> ConfigModel:
    """Return what was set in an entry as one of a newer type; fields that this one does not have are dropped.

    Raises:
        HyperparameterError: a value does not fit the newer type, or would be dropped and is in use.
    """
    check_nothing_lost(entry, kind)
    made = kind()
    for name in entry.model_fields_set & kind.model_fields.keys():
        try:
            kept = kind.__pydantic_validator__.validate_python({name: vars(entry)[name]})
        except ValidationError:
            kept = _from_data(entry, kind, name)  # the type of the value may have been defined anew as well
        vars(made)[name] = vars(kept)[name]
        made.__pydantic_fields_set__.add(name)
        record_of(made).forget(name)
    return made


def _from_data(entry: ConfigModel, kind: type[ConfigModel], name: str) -> ConfigModel:
    data = entry.model_dump(include={name})
    try:
        return kind.__pydantic_validator__.validate_python(data)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise misfit(kind.__config_name__, error, kind.model_fields) from error
