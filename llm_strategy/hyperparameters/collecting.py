"""How an entry comes to show a value that a call used, without setting it."""

from __future__ import annotations

from typing import Any

from llm_strategy.hyperparameters.changes import note_change
from llm_strategy.hyperparameters.config_model import ConfigModel, Inherited, record_of
from llm_strategy.hyperparameters.copies import copy_of, is_constant, same

__all__ = ["inherit", "refresh", "show"]


def show(entry: ConfigModel, name: str, value: Any) -> Any:
    """Hold a value, or a copy of it where it can change in place; return what is held."""
    record = record_of(entry)
    if is_constant(value):
        if vars(entry)[name] is not value:
            record.held.pop(name, None)
            vars(entry)[name] = value
        return value
    known = record.held.get(name)
    if known is not None and vars(entry)[name] is known[0] and same(value, known[1]):
        return known[0]
    held = copy_of(value)
    # In this order, as another thread may collect at the same time: what is held counts as changed only while it is
    # the very object that is on record.
    vars(entry)[name] = held
    record.held[name] = (held, copy_of(value))
    if record.exposed:
        note_change()
    return held


def refresh(entry: ConfigModel, kind: type[ConfigModel]) -> None:
    """Show the defaults of another type with the same fields where nothing is known of a value."""
    if type(entry) is kind:
        return
    fresh = kind()
    for name in kind.model_fields.keys() - entry.model_fields_set - record_of(entry).inherited.keys():
        show(entry, name, vars(fresh)[name])


def inherit(entry: ConfigModel, name: str, value: Any, period: object) -> None:
    """Hold a value that came from a scope around, to be applied when this one comes into force again without it."""
    record, held = record_of(entry), show(entry, name, value)
    known = record.inherited.get(name)
    if known is None or known.value is not held or known.period is not period:
        record.inherited[name] = Inherited(held, period, None if known is None else known.at(period))
