"""Every tracked function that is alive, by its name."""

from __future__ import annotations

import sys
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.hyperparameters.config_model import ConfigModel

__all__ = ["Namesake", "Tracked", "config_name_of", "namesakes", "register", "registered", "registered_names"]


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


def config_name_of(function: Callable[..., Any]) -> str:
    """Return the name of a function in scopes and in JSON: `module.qualname`.

    A worker that multiprocessing has spawned calls the module of the script `__mp_main__`; its functions are those of
    `__main__` all the same.

    >>> config_name_of(config_name_of)
    'llm_strategy.hyperparameters.registry.config_name_of'
    """
    module = "__main__" if function.__module__ == "__mp_main__" else function.__module__
    return f"{module}.{function.__qualname__}"


@dataclass(frozen=True, slots=True)
class Namesake:
    """One of the functions that have a name."""

    reference: weakref.ref[Tracked]
    """The function, while it is alive."""
    spec: object
    """What its module was loaded by: another object each time that it is."""

    def __call__(self) -> Tracked | None:
        """Return the function; None where nobody holds it any longer."""
        return self.reference()


_lock = threading.Lock()
_functions: dict[str, list[Namesake]] = {}


def register(tracked: Tracked) -> None:
    """Make a function known, so that its hyperparameters can be read from JSON.

    It is held weakly. The newest of those that share a name (a cell of a notebook that was run again) is the one meant.
    """
    with _lock:
        older = [one for one in _functions.get(tracked.config_name, ()) if one() is not None]
        spec = getattr(sys.modules.get(tracked.__module__), "__spec__", None)
        _functions[tracked.config_name] = [*older, Namesake(weakref.ref(tracked), spec)]


def registered(name: str) -> Tracked | None:
    """Return the newest function of a name that is alive; None where there is none."""
    alive = (reference() for reference in reversed(_functions.get(name, ())))
    return next((one for one in alive if one is not None), None)


def namesakes(name: str) -> list[Namesake]:
    """Return all functions of a name, the oldest first."""
    return list(_functions.get(name, ()))


def registered_names() -> list[str]:
    """Return the names of all functions that are alive, sorted."""
    with _lock:
        names = list(_functions)
    return sorted(name for name in names if registered(name) is not None)
