"""The same solution in other forms of actions: one call of a tool a reply, its arguments worked out beforehand.

The calls are those that the actions in code make. What the code did between them, such as counting links, is left to
whoever reads the observations: so every task can be spelled out, and the forms are compared on all of them.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any, cast

from benchmarks.m3.solving import Trial

__all__ = ["as_json", "as_text"]


def as_json(trial: Trial, world: dict[str, Callable[..., Any]]) -> list[str]:
    """Return the replies of a model that acts by JSON."""
    named = [(call.tool, _named(world[call.tool], call.arguments)) for call in trial.calls]
    return [json.dumps({"tool": name, "arguments": given}) for name, given in [*named, ("finish", _value(trial))]]


def as_text(trial: Trial, world: dict[str, Callable[..., Any]]) -> list[str]:
    """Return the replies of a model that acts by lines of text."""
    named = [(call.tool, _named(world[call.tool], call.arguments)) for call in trial.calls]
    return [
        f"Action: {name}({', '.join(f'{parameter}={value!r}' for parameter, value in given.items())})"
        for name, given in [*named, ("finish", _value(trial))]
    ]


def _value(trial: Trial) -> dict[str, Any]:
    return {"value": _listed(trial.value)}


def _named(function: Callable[..., Any], arguments: tuple[Any, ...]) -> dict[str, Any]:
    """The arguments by name; those of `*args` as a list, which is how a tool takes them."""
    bound = inspect.signature(function).bind(*arguments).arguments
    return {name: _listed(value) for name, value in bound.items()}


def _listed(value: Any) -> Any:
    return list(cast("tuple[Any, ...]", value)) if isinstance(value, tuple) else value
