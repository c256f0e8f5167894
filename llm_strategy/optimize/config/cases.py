"""Cases out of files of JSON lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError
from llm_strategy.hyperparameters.mistakes import near
from llm_strategy.optimize.case import Case
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from llm_strategy.optimize.config.keys import DataKeys

__all__ = ["read_cases"]

_OWN = ("expected", "id", "group")


def read_cases(path: Path, keys: DataKeys) -> list[Case[Any, Any]]:
    """Return the cases of a file.

    Raises:
        ConfigurationError: it cannot be read, a line is no JSON object, or a field is missing.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"The data {str(path)!r} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"The data {str(path)!r} is no UTF-8: {error}.") from error
    cases = [_case(row, keys, where) for where, row in _rows(text, path)]
    if not cases:
        raise ConfigurationError(f"The data {str(path)!r} holds no cases. Write one JSON object a line.")
    return cases


def _rows(text: str, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{str(path)!r}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f"{where} is no JSON: {error}.") from error
        if not is_object(row):
            raise ConfigurationError(f'{where} is no JSON object. Write {{"field": value, ...}} on each line.')
        yield where, row


def _case(row: Mapping[str, Any], keys: DataKeys, where: str) -> Case[Any, Any]:
    fields = {name: getattr(keys, name) or (name if name in row else None) for name in _OWN}
    found = {name: None if of is None else _field(row, of, where, name) for name, of in fields.items()}
    texts = {name: "" if found[name] is None else str(found[name]) for name in ("id", "group")}
    return Case(_parameters(row, keys, where, {*fields.values()}), found["expected"], **texts)


def _parameters(row: Mapping[str, Any], keys: DataKeys, where: str, taken: set[str | None]) -> Any:
    wanted = keys.parameters
    if wanted is None:
        return row["parameters"] if "parameters" in row else {name: row[name] for name in row if name not in taken}
    if isinstance(wanted, str):
        return _field(row, wanted, where, "parameters")
    by_name = wanted if isinstance(wanted, dict) else {name: name for name in wanted}
    return {argument: _field(row, name, where, f"parameters.{argument}") for argument, name in by_name.items()}


def _field(row: Mapping[str, Any], name: str, where: str, key: str) -> Any:
    if name not in row:
        has = ", ".join(map(repr, row))
        raise ConfigurationError(f"{where} has no field {name!r} (data.{key}). {near(name, row.keys())}It has {has}.")
    return row[name]
