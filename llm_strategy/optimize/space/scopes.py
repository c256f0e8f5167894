"""From values to scopes and back: what was set where the search began, with the leaves' values in it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters import Hyperparameters, values_in_force
from llm_strategy.hyperparameters.copies import copy_of
from llm_strategy.hyperparameters.reading import entry_from
from llm_strategy.optimize.space.routes import ABSENT, place, taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from llm_strategy.hyperparameters import ConfigModel, Tracked
    from llm_strategy.optimize.space.leaf import Leaf

__all__ = ["Scopes", "data_of", "in_force_of"]


def in_force_of(functions: Sequence[Tracked]) -> Hyperparameters:
    """Return a scope of what the scopes in force set for functions."""
    made = Hyperparameters()
    for tracked in functions:
        for name, value in values_in_force(tracked, dict(vars(tracked.config_model_type()))).items():
            setattr(made[tracked], name, copy_of(value))
    return made


def data_of(tracked: Tracked, entry: ConfigModel, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Return values of an entry as JSON data; what has no such form is left out: nobody could write it down."""
    found: dict[str, Any] = {}
    for name in type(entry).model_fields if names is None else names:
        one = _with(type(entry)(), name, vars(entry)[name])
        try:
            data = _written(Hyperparameters({tracked: one}))
        except HyperparameterError:
            continue
        found.update(data.get(tracked.config_name, {}))
    return found


def _written(scope: Hyperparameters) -> dict[str, Any]:
    """Return what is set as JSON data; by alias, which is how parts are read."""
    try:
        return scope.model_dump(mode="json", exclude_unset=True, by_alias=True)
    except HyperparameterError:
        return scope.model_dump(mode="json", exclude_unset=True)


def _with(entry: ConfigModel, name: str, value: Any) -> ConfigModel:
    """Set a value that was checked before, in an entry that nobody has seen."""
    vars(entry)[name] = value
    entry.__pydantic_fields_set__.add(name)
    return entry


class Scopes:
    """Makes scopes of values, and reads them."""

    def __init__(self, functions: Iterable[Tracked], start: Hyperparameters) -> None:
        self._tracked = {one.config_name: one for one in functions}
        self._others = copy.deepcopy(start)
        entries: dict[str, ConfigModel] = {name: self._others[tracked] for name, tracked in self._tracked.items()}
        for name in entries:
            del self._others[name]
        self.data = {name: data_of(self._tracked[name], entry) for name, entry in entries.items()}
        """All values where the search begins, as JSON data, by function."""
        self._unwritten = {
            name: {field: vars(entry)[field] for field in entry.model_fields_set - self.data[name].keys()}
            for name, entry in entries.items()
        }
        self._set = {
            name: {field: self.data[name][field] for field in entry.model_fields_set if field in self.data[name]}
            for name, entry in entries.items()
        }

    def made(self, leaves: Iterable[Leaf], values: Mapping[str, Any]) -> Hyperparameters:
        """Return a scope like the one that the search began with, but with values of leaves.

        Raises:
            HyperparameterError: a value does not fit.
        """
        data = {name: copy.deepcopy(fields) for name, fields in self._set.items()}
        for leaf in sorted(leaves, key=lambda one: len(one.route)):  # a choice goes before what is in it
            fields, first = data[leaf.function], leaf.route[0]
            if len(leaf.route) > 1 and first not in fields:
                fields[first] = copy.deepcopy(self.data[leaf.function][first])
            place(fields, leaf.route, copy.deepcopy(values[leaf.path]))
        scope = copy.deepcopy(self._others)
        for name, tracked in self._tracked.items():
            entry = entry_from(tracked, data[name], from_json=True)
            for field, value in self._unwritten[name].items():
                _with(entry, field, copy_of(value))
            scope[tracked] = entry
        return scope

    def read(self, leaf: Leaf, scope: Hyperparameters) -> Any:
        """Return the value of a leaf in a scope, as JSON data; ABSENT where it is not set there."""
        tracked = self._tracked[leaf.function]
        entry = scope.get(tracked)
        if entry is None or leaf.route[0] not in entry.model_fields_set:
            return ABSENT
        return taken(data_of(tracked, entry, [leaf.route[0]]), leaf.route)
