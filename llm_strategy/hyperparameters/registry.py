"""Every tracked function that is alive, by its name."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from llm_strategy.hyperparameters.config_model import ConfigModel

__all__ = ["Tracked", "register", "registered", "registered_names"]


@runtime_checkable
class Tracked(Protocol):
    """Whatever has hyperparameters: a tracked function, an LLM function."""

    @property
    def config_name(self) -> str:
        """Its name in scopes and in JSON: `module.qualname`."""
        ...

    @property
    def config_model_type(self) -> type[ConfigModel]:
        """The model of its hyperparameters, made by `config_model`."""
        ...


_lock = threading.Lock()
_functions: dict[str, list[weakref.ref[Tracked]]] = {}


def register(tracked: Tracked) -> None:
    """Make a function known, so that its hyperparameters can be read from JSON.

    It is held weakly. The newest of those that share a name (a cell of a notebook that was run again) is the one meant.
    """
    with _lock:
        older = [one for one in _functions.get(tracked.config_name, ()) if one() is not None]
        _functions[tracked.config_name] = [*older, weakref.ref(tracked)]


def registered(name: str) -> Tracked | None:
    """Return the newest function of a name that is alive; None where there is none."""
    alive = (reference() for reference in reversed(_functions.get(name, ())))
    return next((one for one in alive if one is not None), None)


def registered_names() -> list[str]:
    """Return the names of all functions that are alive, sorted."""
    with _lock:
        names = list(_functions)
    return sorted(name for name in names if registered(name) is not None)
