"""The program that runs inside, as text: the interpreter there sees no file of this package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["MAIN", "guest_modules", "loader"]

_PACKAGE = "llm_strategy.sandbox.process.guest"
_MODULES = (
    "alarm",
    "channel",
    "values",
    "faults",
    "files",
    "functions",
    "execution",
    "supervisor",
    "worker",
)  # each after those that it imports
MAIN = f"{_PACKAGE}.worker"
"""The module that serves a session."""


@cache
def loader() -> str:
    """Return the program that is put on the command line of the interpreter."""
    return _source("loader")


@cache
def guest_modules() -> tuple[tuple[str, str], ...]:
    """Return names and sources of the modules, in the order in which they are run."""
    return tuple((f"{_PACKAGE}.{name}", _source(name)) for name in _MODULES)


def _source(name: str) -> str:
    package: Any = files(_PACKAGE)
    text: str = package.joinpath(f"{name}.py").read_text(encoding="utf-8")
    return text
