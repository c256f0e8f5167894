"""Which value a hyperparameter has in a call, and who is told of it.

What was set wins, the innermost scope first; then what a scope inherited the last time it was in force; then the
function's own default. Every scope in force is shown the value, unless it has set another one itself.

Values that are `Layered` have parts, such as the texts of a prompt, and each part follows these rules on its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from llm_strategy.hyperparameters.changes import latest_change
from llm_strategy.hyperparameters.collecting import inherit, show
from llm_strategy.hyperparameters.config_model import ConfigModel, record_of, settle
from llm_strategy.hyperparameters.stack import NOTHING, base_scopes, in_force

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llm_strategy.hyperparameters.registry import Tracked
    from llm_strategy.hyperparameters.scope import Hyperparameters

__all__ = ["Layered", "Resolved", "values_in_force"]

_Level = tuple["Hyperparameters", ConfigModel]


class Layered(ABC):
    """A value of named parts, of which a scope may set some."""

    __slots__ = ()

    @abstractmethod
    def over(self, outer: Any, default: Any) -> Self:
        """Return this value, but with the parts of `outer` where it has no others than the default.

        Args:
            outer: a value of the same kind: that of the scope around, or the function's own.
            default: what this value was before any part of it was set.
        """


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
        level, used = _resolved(levels, field, default)
        if level >= 0:
            found[field] = used
        for _, entry in collecting:
            _collect(entry, field, used)
        for index, (scope, entry) in enumerate(levels):
            if 0 <= level < index:
                if field not in entry.__pydantic_fields_set__:
                    inherit(entry, field, _lent(levels, field, used), scope.period)
            else:
                _collect(entry, field, used)
                if level < 0:
                    record_of(entry).inherited.pop(field, None)
    return found


def _lent(levels: Sequence[_Level], field: str, used: Any) -> Any:
    """Return what the scopes say alone: what a variant of the function has of its own is not for the others."""
    return _resolved(levels, field, _default_of(levels[0][1], field))[1] if isinstance(used, Layered) else used


def _collect(entry: ConfigModel, field: str, value: Any) -> None:
    if field not in entry.__pydantic_fields_set__:
        show(entry, field, value)


def _resolved(levels: Sequence[_Level], field: str, own: Any) -> tuple[int, Any]:
    """Return the innermost scope that a value comes from (-1 for none), and the value."""
    setting = [index for index, (_, entry) in enumerate(levels) if field in entry.__pydantic_fields_set__]
    if setting:
        value = own
        for index in setting:  # from the outermost on
            entry = levels[index][1]
            value = _over(entry, field, vars(entry)[field], value)
        return setting[-1], value
    for index in range(len(levels) - 1, -1, -1):
        scope, entry = levels[index]
        latest = record_of(entry).inherited.get(field)
        inherited = None if latest is None else latest.at(scope.period)
        if inherited is not None:
            return index, _over(entry, field, inherited.value, own)
    return -1, own


def _over(entry: ConfigModel, field: str, value: Any, outer: Any) -> Any:
    return value.over(outer, _default_of(entry, field)) if isinstance(value, Layered) else value


def _default_of(entry: ConfigModel, field: str) -> Any:
    return type(entry).model_fields[field].default
