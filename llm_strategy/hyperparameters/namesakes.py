"""Functions that share a name, while a scope has one entry for a name: when one of them would lose what it has set."""

from __future__ import annotations

import gc
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters.registry import Namesake, namesakes

if TYPE_CHECKING:
    from llm_strategy.hyperparameters.config_model import ConfigModel

__all__ = ["check_nothing_lost", "what_is_lost"]


def check_nothing_lost(entry: ConfigModel, kind: type[ConfigModel]) -> None:
    """Let an entry be read with the type of another function of its name only where the first is out of use.

    Raises:
        HyperparameterError: the entry has set what the other function does not have, and the first is in use.
    """
    lost = what_is_lost(entry, kind)
    if lost:
        raise HyperparameterError(lost)


def what_is_lost(entry: ConfigModel, kind: type[ConfigModel]) -> str:
    """Say what a function that is in use would lose, and to which one; nothing where all is well."""
    lost = [name for name in type(entry).model_fields if name in entry.model_fields_set - kind.model_fields.keys()]
    if not lost or not _rivals(entry, kind):
        return ""
    gc.collect()  # a class that was defined anew stays until then, with its methods
    places = _rivals(entry, kind)
    if places is None:
        return ""
    names = ", ".join(map(repr, lost))
    return (
        f"Two functions are called {entry.__config_name__!r}, and a scope has one entry for a name. The one "
        f"{places[0]} has set {names}, which the one {places[1]} does not have. Rename one of them."
    )


def _rivals(entry: ConfigModel, kind: type[ConfigModel]) -> tuple[str, str] | None:
    """Return where the function of an entry is, and that of the type; None unless both are in use."""
    known = namesakes(entry.__config_name__)
    current = next((one for one in reversed(known) if _type_of(one) is kind), None)
    if current is None:
        return None
    for other in reversed(known):
        fields = getattr(_type_of(other), "model_fields", None)
        if other is not current and fields is not None and fields.keys() == type(entry).model_fields.keys():
            found, mine = other(), current()
            if not _replaced(other, current, found, mine):
                return _told(found), _told(mine)
    return None


def _type_of(one: Namesake) -> type[ConfigModel] | None:
    function = one()
    return None if function is None else function.config_model_type


def _replaced(other: Namesake, current: Namesake, old: Any, new: Any) -> bool:
    """Whether one function was written in the place of another: a cell that ran again, a module that was reloaded."""
    (file, line), (newer_file, newer_line) = _place(old), _place(new)
    in_one_file = file == newer_file and not file.startswith("<") and other.spec is current.spec
    if in_one_file and line != newer_line:
        return False  # both are there, as `def _` may be many times, or the getter and the setter of a property
    found = _named(new)
    return found is not None and old not in _layers(found)


def _place(function: Any) -> tuple[str, int]:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return ("<unknown>", 0) if code is None else (code.co_filename, code.co_firstlineno)


def _told(function: Any) -> str:
    file, line = _place(function)
    return f"in {Path(file).name}, line {line}," if line else "of no known place"


def _named(function: Any) -> Any:
    """Return what a module has under the name of a function; None for nothing."""
    found: Any = sys.modules.get(function.__module__)
    for step in function.__qualname__.split("."):
        found = getattr(found, step, None)
    return found


def _layers(function: Any) -> list[Any]:
    """Return a function with those that it wraps."""
    found = [function]
    while (inner := getattr(found[-1], "__wrapped__", None)) is not None:
        found.append(inner)
    return found
