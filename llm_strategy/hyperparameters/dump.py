"""Entries as data: exact, for JSON that is read back, and lenient, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Secret, SecretBytes, SecretStr
from pydantic_core import PydanticSerializationError, from_json, to_json

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters.copies import kinds_in, same
from llm_strategy.hyperparameters.leaves import differing
from llm_strategy.hyperparameters.mistakes import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydantic import SerializationInfo

    from llm_strategy.hyperparameters.config_model import ConfigModel

__all__ = ["described", "dumped"]


def dumped(entries: Mapping[str, ConfigModel], info: SerializationInfo) -> dict[str, Any]:
    """Return entries as data, the way that pydantic asks for it.

    Raises:
        HyperparameterError: JSON is asked for, and a value has no such form.
    """
    chosen = {name: entry for name, entry in entries.items() if _chosen(info, name)}
    data = {name: _entry(entry, info, name) for name, entry in chosen.items()}
    sparse = info.exclude_unset or info.exclude_defaults
    return {name: part for name, part in data.items() if part or not sparse}


def _chosen(info: SerializationInfo, name: str) -> bool:
    include, exclude = _of(info.include, name), _of(info.exclude, name)
    return (info.include is None or include is not None) and exclude is not True


def _of(selection: Any, name: str) -> Any:
    """What a selection says of one name: True for all of it, None for nothing."""
    if selection is None:
        return None
    if hasattr(selection, "get"):
        found = selection.get(name)
        return True if found is ... else found
    return True if name in selection else None


def _entry(entry: ConfigModel, info: SerializationInfo, name: str) -> dict[str, Any]:
    entry = entry.__copy__()  # other threads may write into it: what is checked has to be what was written
    include, exclude = _of(info.include, name), _of(info.exclude, name)
    options: dict[str, Any] = {
        "include": None if include is True else include,
        "exclude": exclude,
        "exclude_unset": info.exclude_unset,
        "exclude_defaults": info.exclude_defaults,
        "exclude_none": info.exclude_none,
        "context": info.context,
        "by_alias": info.by_alias or None,  # None: as the models say
    }
    whole = (include is None or include is True) and exclude is None and not info.exclude_none
    if info.mode != "json":
        data = entry.model_dump(**options)
        return _data_that_can_be_read(entry, data, options) if whole else data
    try:
        data = entry.model_dump(mode="json", warnings=False, **options)
    except Exception as error:
        raise _no_json(entry, error) from error
    return _json_that_can_be_read(entry, data, options) if whole else data  # a part cannot be read back


def _data_that_can_be_read(entry: ConfigModel, data: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Write by alias what is read by alias only."""
    lost = {name for name in data if not _comes_back(entry, name, data[name])}
    if not lost:
        return data
    aliased = entry.model_dump(**{**options, "include": lost, "by_alias": True})
    better = {name: part for name, part in aliased.items() if _comes_back(entry, name, part)}
    return {**data, **better}


def _comes_back(entry: ConfigModel, name: str, part: Any) -> bool:
    try:
        back = type(entry).model_validate({name: part})
    except Exception:  # noqa: BLE001 (validators of users may raise anything)
        return False
    return same(vars(back)[name], vars(entry)[name])


def _no_json(entry: ConfigModel, error: Exception) -> HyperparameterError:
    for field in type(entry).model_fields:
        try:
            entry.model_dump(mode="json", warnings=False, include={field})
        except Exception as problem:  # noqa: BLE001 (serializers of users may raise anything)
            return _unwritable(entry, field, _reason(problem))
    return HyperparameterError(f"{entry.__config_name__!r} cannot be written as JSON: {_reason(error)}.")


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = lines[-1] if isinstance(error, PydanticSerializationError) and lines else str(error)
    return told.rstrip(".") or type(error).__name__


def _unwritable(entry: ConfigModel, field: str, why: str) -> HyperparameterError:
    is_set = field in entry.model_fields_set
    other = "" if is_set else ", or write only what was set (exclude_unset=True)"
    return HyperparameterError(
        f"{entry.__config_name__!r}: hyperparameter {field!r} has no JSON form: {shown(vars(entry)[field])} "
        f"({why}). Use a type of data{other}."
    )


def _json_that_can_be_read(entry: ConfigModel, data: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Write each value in the form in which it comes back, by alias where it is read by alias.

    Raises:
        HyperparameterError: a value would come back in no form, or as something else.
    """
    found: dict[str, Any] = {}
    for name, part in data.items():
        if any(issubclass(kind, Secret | SecretStr | SecretBytes) for kind in kinds_in(vars(entry)[name])):
            raise _unwritable(entry, name, "it holds a secret, of which only asterisks are written")
        why = _why_lost(entry, name, part)
        if why:
            some = {**options, "include": {name}, "by_alias": True}
            aliased = entry.model_dump(mode="json", warnings=False, **some)[name]
            if aliased == part or _why_lost(entry, name, aliased):
                raise _unwritable(entry, name, why)
            found[name] = aliased
        else:
            found[name] = part
    return found


def _why_lost(entry: ConfigModel, name: str, part: Any) -> str:
    """Say how a value that is written would differ when it is read; nothing where it is the same."""
    before = vars(entry)[name]
    try:
        back = vars(type(entry).model_validate_json(to_json({name: part}, inf_nan_mode="strings")))[name]
    except Exception as error:  # noqa: BLE001 (as above)
        return f"what is written cannot be read: {str(error).rstrip('.')}"
    kinds = list(kinds_in(before))
    if kinds and kinds != list(kinds_in(back)):
        names = ", ".join(dict.fromkeys(kind.__name__ for kind in kinds))
        return f"it holds {names}, and the type of the field does not say so"
    for where, old, new in differing(before, back, name):
        return f"{where!r} is {shown(old)}, and would come back as {shown(new)}"
    return ""


def described(entry: ConfigModel, names: Collection[str] | None = None) -> dict[str, Any]:
    """Return values as JSON data for people to read; what has no JSON form is described."""
    wanted = [name for name in type(entry).model_fields if names is None or name in names]
    try:
        return _finite(entry.model_dump(mode="json", warnings=False, include=set(wanted)))
    except Exception:  # noqa: BLE001 (serializers of users may raise anything)
        return {name: _described(entry, name) for name in wanted}


def _described(entry: ConfigModel, name: str) -> Any:
    try:
        return _finite(entry.model_dump(mode="json", warnings=False, include={name}))[name]
    except Exception:  # noqa: BLE001 (as above)
        return shown(vars(entry)[name])


def _finite(data: dict[str, Any]) -> dict[str, Any]:
    """Write numbers that are not finite, which JSON does not have, as text."""
    finite: dict[str, Any] = from_json(to_json(data, inf_nan_mode="strings"))
    return finite
