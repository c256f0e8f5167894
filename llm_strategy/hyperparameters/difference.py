"""What differs between two scopes, in words that are read at a glance."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.hyperparameters.copies import same
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.hyperparameters.reading import entries_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.hyperparameters.config_model import ConfigModel

__all__ = ["ABSENT", "Change", "Difference", "diff"]

_LONG = 60


class _Absent:
    """Stands for a hyperparameter that one of two versions of a function does not have."""

    def __repr__(self) -> str:
        return "(absent)"


ABSENT = _Absent()
"""The value of a hyperparameter that a function does not have."""


@dataclass(frozen=True, slots=True)
class Change:
    """A hyperparameter with two values."""

    function: str
    """The function, as `module.qualname`."""
    name: str
    """The hyperparameter."""
    before: Any
    """Its value in the first scope; the default where the scope says nothing."""
    after: Any
    """Its value in the second scope."""

    def __str__(self) -> str:
        where = f"{self.function}.{self.name}"
        if isinstance(self.before, str) and isinstance(self.after, str) and _is_long(self.before, self.after):
            return "\n".join([f"{where}:", *(f"    {line}" for line in _lines(self.before, self.after))])
        return f"{where}: {shown(self.before)} -> {shown(self.after)}"


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs between two scopes."""

    changes: tuple[Change, ...]
    """By function, then in the order of its parameters."""

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes)) or "no difference"

    def __bool__(self) -> bool:
        return bool(self.changes)


def diff(before: Any, after: Any) -> Difference:
    """Return what differs between two scopes; a function that one of them does not name has its defaults there.

    >>> from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters
    >>> @track_hyperparameters
    ... def step(*, _size: float = 0.5, _name: str = "x") -> None: ...
    >>> print(diff(Hyperparameters(), Hyperparameters({step: {"size": 0.1}})))
    llm_strategy.hyperparameters.difference.step.size: 0.5 -> 0.1

    Args:
        before: a scope, or anything that `Hyperparameters` takes.
        after: the same.

    Raises:
        HyperparameterError: one of them holds no hyperparameters.
    """
    first, second = entries_from(before), entries_from(after)
    found = (change for name in sorted(first | second) for change in _changes(name, first.get(name), second.get(name)))
    return Difference(tuple(found))


def _changes(function: str, before: ConfigModel | None, after: ConfigModel | None) -> Iterator[Change]:
    one = before if before is not None else _defaults_of(after)
    other = after if after is not None else _defaults_of(before)
    for name in {**type(one).model_fields, **type(other).model_fields}:
        old, new = vars(one).get(name, ABSENT), vars(other).get(name, ABSENT)
        if not same(old, new):
            yield Change(function, name, old, new)


def _defaults_of(entry: ConfigModel | None) -> ConfigModel:
    return type(cast("ConfigModel", entry))()  # one of two entries is there


def _is_long(before: str, after: str) -> bool:
    return max(len(before), len(after)) > _LONG or "\n" in before + after


def _lines(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    return list(lines)[2:] or ["(only line breaks differ)"]
