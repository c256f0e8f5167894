"""Which sandbox a name stands for. Nobody gets one without walls who has not written its name out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from llm_strategy.errors import ConfigurationError
from llm_strategy.hyperparameters.mistakes import near, shown
from llm_strategy.sandbox.protocol import Finding, Sandbox
from llm_strategy.sandbox.strongest import Strongest, refused

if TYPE_CHECKING:
    from llm_strategy.sandbox.protocol import Setup, Worker

__all__ = ["SANDBOX_NAMES", "SANDBOX_VARIABLE", "WALLED", "sandbox_named", "walled_sandboxes"]

SANDBOX_VARIABLE = "LLM_STRATEGY_SANDBOX"
"""The variable of the environment that says what "auto" stands for."""
WALLED = ("bubblewrap", "landlock", "monty")
"""The sandboxes that "auto" may take, in its order: what runs any package comes first, with the thickest wall ahead."""
_UNSAFE = "unsafe-process"
SANDBOX_NAMES = ("auto", *WALLED, _UNSAFE)
"""Every name of a sandbox."""
_WHERE = {
    "bubblewrap": ("llm_strategy.sandbox.bubblewrap.body", "Bubblewrap"),
    "landlock": ("llm_strategy.sandbox.landlock.body", "Landlock"),
    "monty": ("llm_strategy.sandbox.monty.body", "Monty"),
    _UNSAFE: ("llm_strategy.sandbox.unsafe_process", "UnsafeProcess"),
}


def sandbox_named(name: str | Sandbox = "auto") -> Sandbox:
    """Return the sandbox of a name; a sandbox is returned as it is.

    "auto" is the strongest that holds on this machine, or the one that `LLM_STRATEGY_SANDBOX` names. It is never
    "unsafe-process".

    >>> sandbox_named("auto").name
    'auto'
    >>> sandbox_named("bubblewarp")
    Traceback (most recent call last):
    ...
    llm_strategy.errors.ConfigurationError: No sandbox is called 'bubblewarp'. Did you mean 'bubblewrap'? There are: \
'auto', 'bubblewrap', 'landlock', 'monty', 'unsafe-process'.

    Raises:
        ConfigurationError: no sandbox has this name, or what was given is none.
    """
    if isinstance(name, str):
        return _automatic() if name == "auto" else _body(name)
    given = cast("object", name)  # callers without a type checker give anything
    if isinstance(given, type):
        raise ConfigurationError(f"The sandbox is the class {given.__name__}. Make one of it: {given.__name__}().")
    if not isinstance(given, Sandbox):
        raise ConfigurationError(f"{shown(given)} is no sandbox. Give a name ({_names()}), or a sandbox.")
    return given


def walled_sandboxes() -> tuple[Sandbox, ...]:
    """Return the sandboxes that "auto" may take, in its order, whether they hold on this machine or not."""
    return tuple(_body(name) for name in WALLED)


def _automatic() -> Sandbox:
    named = os.environ.get(SANDBOX_VARIABLE, "").strip()
    if named == _UNSAFE:
        raise ConfigurationError(
            f"{SANDBOX_VARIABLE}={_UNSAFE!r}: code without walls is run only where the program itself asks for it. "
            f"Write sandbox={_UNSAFE!r} there, or unset the variable."
        )
    if named and named not in SANDBOX_NAMES:
        raise ConfigurationError(
            f"{SANDBOX_VARIABLE}={shown(named)} names no sandbox. {near(named, SANDBOX_NAMES)}It may be: "
            f"{', '.join(map(repr, SANDBOX_NAMES[:-1]))}."
        )
    return Strongest((_body(named),) if named in WALLED else walled_sandboxes())


def _body(name: str) -> Sandbox:
    if name not in _WHERE:
        raise ConfigurationError(
            f"No sandbox is called {shown(name)}. {near(name, SANDBOX_NAMES)}There are: {_names()}."
        )
    module, kind = _WHERE[name]
    try:
        return cast("Sandbox", getattr(import_module(module), kind)())
    except ImportError as error:
        return _NotLoaded(name, f"{error}")


@dataclass(frozen=True, slots=True)
class _NotLoaded:
    """A sandbox whose module does not load: it lacks that, as another lacks a program."""

    name: str
    told: str

    def findings(self) -> tuple[Finding, ...]:
        return (Finding("its module", ok=False, told=f"{self.told}. {_INSTALL}"),)

    def start(self, setup: Setup) -> Worker:
        del setup
        raise refused(self.name, self.findings())


_INSTALL = "Install it with: pip install 'llm-strategy[sandbox]'"


def _names() -> str:
    return ", ".join(map(repr, SANDBOX_NAMES))
