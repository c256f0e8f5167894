"""What the scopes in force have set, as text and as a hash: cheap enough to be noted on every span of a trace."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from llm_strategy.hyperparameters.changes import latest_change
from llm_strategy.hyperparameters.config_model import ConfigModel, record_of
from llm_strategy.hyperparameters.copies import copy_of, is_constant, same
from llm_strategy.hyperparameters.dump import described
from llm_strategy.hyperparameters.resolution import Layered
from llm_strategy.hyperparameters.stack import NOTHING, in_force

if TYPE_CHECKING:
    from llm_strategy.hyperparameters.stack import Stack

__all__ = ["Stamp", "set_values", "stamp"]

_EMPTY = ("{}", "")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What was said of a stack of scopes, and how to know whether it still holds."""

    change: int
    watched: tuple[tuple[Any, Any], ...]
    text: str
    digest: str

    def holds(self) -> bool:
        """Whether nothing has changed since."""
        return self.change == latest_change() and all(same(value, past) for value, past in self.watched)


def set_values() -> dict[str, dict[str, Any]]:
    """Return what the scopes in force have set, as JSON data: by function, then by name; the inner scope wins."""
    return _set_values(in_force())


def _set_values(stack: Stack) -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for scope in stack.order:
        for name, entry in list(scope.root.items()):
            chosen = set(entry.model_fields_set)
            if chosen:
                around = merged.get(name, {})
                merged[name] = {**around, **_layered(entry, described(entry, chosen), around)}
    return {name: dict(sorted(merged[name].items())) for name in sorted(merged)}


def _layered(entry: ConfigModel, data: dict[str, Any], around: dict[str, Any]) -> dict[str, Any]:
    """Return data of an entry, with the parts of the scope around showing through where values have parts."""
    both = {name for name in data.keys() & around.keys() if isinstance(vars(entry)[name], Layered)}
    if not both:
        return data
    default = described(type(entry)(), both)
    parts = {
        name: {**around[name], **{part: text for part, text in data[name].items() if text != default[name].get(part)}}
        for name in both
    }
    return {**data, **parts}


def stamp() -> tuple[str, str]:
    """Return `set_values()` as JSON, and a short hash of it; `("{}", "")` where nothing is set.

    >>> stamp()
    ('{}', '')
    """
    stack = in_force()
    if stack is NOTHING:
        return _EMPTY
    known = stack.stamp
    if known is None or not known.holds():
        known = stack.stamp = _made(stack)
    return known.text, known.digest


def _made(stack: Stack) -> Stamp:
    change = latest_change()  # first: what changes while it is made is looked at again
    values = _set_values(stack)
    watched = tuple(
        (value, copy_of(value))
        for scope in stack.order
        for entry in list(scope.root.values())
        for name, value in list(vars(entry).items())
        if (name in entry.__pydantic_fields_set__ or record_of(entry).exposed) and not is_constant(value)
    )
    if not values:
        return Stamp(change, watched, *_EMPTY)
    text = to_json(values, inf_nan_mode="strings").decode()
    return Stamp(change, watched, text, hashlib.sha256(text.encode()).hexdigest()[:12])
