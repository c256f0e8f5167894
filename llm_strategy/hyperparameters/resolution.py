"""Which value a hyperparameter has in a call, and who is told of it.

What was set wins, the innermost scope first; then what a scope inherited the last time it was in force; then the
function's own default. Every scope in force is shown the value, unless it has set another one itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.hyperparameters.changes import latest_change
from llm_strategy.hyperparameters.collecting import inherit, show
from llm_strategy.hyperparameters.config_model import ConfigModel, record_of, settle
from llm_strategy.hyperparameters.stack import NOTHING, base_scopes, in_force

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llm_strategy.hyperparameters.registry import Tracked
    from llm_strategy.hyperparameters.scope import Hyperparameters

__all__ = ["Resolved", "values_in_force"]

_Level = tuple["Hyperparameters", ConfigModel]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a call found, for the next call of the same function with the same defaults under the same scopes.

    It is only kept where nobody outside holds an entry, so that nothing can change in place.
    """

    change: int
    bases: tuple[Hyperparameters, ...]
    defaults: Mapping[str, Any]
    found: dict[str, Any]

    def holds(self, bases: tuple[Hyperparameters, ...], defaults: Mapping[str, Any]) -> bool:
        """Whether a call with these defaults would find, and collect, the same."""
        return self.defaults is defaults and self.bases is bases and self.change == latest_change()


def values_in_force(tracked: Tracked, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a call that do not come from its own defaults, and collect all of them.

    Args:
        tracked: the function that is called.
        defaults: its own values, by name, for the hyperparameters that the caller did not give.

    Raises:
        HyperparameterError: a scope holds values of an older function of this name that do not fit the new one.
    """
    bases, stack = base_scopes(), in_force()
    if not bases and not stack.order:
        return {}
    known = stack.resolved.get(tracked.config_name)
    if known is not None and known.holds(bases, defaults):
        return dict(known.found)
    change = latest_change()  # first: what changes while values are looked up makes them out of date
    levels, collecting = _entries(tracked, stack.order), _entries(tracked, bases)
    found = _found(levels, collecting, defaults)
    if stack is not NOTHING and not any(record_of(entry).exposed for _, entry in (*levels, *collecting)):
        stack.resolved[tracked.config_name] = Resolved(change, bases, defaults, dict(found))
    return found


def _entries(tracked: Tracked, scopes: Sequence[Hyperparameters]) -> list[_Level]:
    name, kind = tracked.config_name, tracked.config_model_type
    entries = [(scope, scope.entry_of(name, kind)) for scope in scopes]
    for _, entry in entries:
        settle(entry)
    return entries


def _found(levels: Sequence[_Level], collecting: Sequence[_Level], defaults: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field, default in defaults.items():
        level, value = _resolved(levels, field)
        if level >= 0:
            found[field] = value
        used = value if level >= 0 else default
        for _, entry in collecting:
            _collect(entry, field, used)
        for index, (scope, entry) in enumerate(levels):
            if 0 <= level < index:
                if field not in entry.__pydantic_fields_set__:
                    inherit(entry, field, used, scope.period)
            else:
                _collect(entry, field, used)
                if level < 0:
                    record_of(entry).inherited.pop(field, None)
    return found


def _collect(entry: ConfigModel, field: str, value: Any) -> None:
    if field not in entry.__pydantic_fields_set__:
        show(entry, field, value)


def _resolved(levels: Sequence[_Level], field: str) -> tuple[int, Any]:
    """Return where a value comes from (-1 for nowhere), and the value."""
    for index in range(len(levels) - 1, -1, -1):
        entry = levels[index][1]
        if field in entry.__pydantic_fields_set__:
            return index, vars(entry)[field]
    for index in range(len(levels) - 1, -1, -1):
        scope, entry = levels[index]
        latest = record_of(entry).inherited.get(field)
        inherited = None if latest is None else latest.at(scope.period)
        if inherited is not None:
            return index, inherited.value
    return -1, None
