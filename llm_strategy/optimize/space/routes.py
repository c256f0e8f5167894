"""Where a leaf stands in the JSON of hyperparameters.

A route is the names that lead there. A step such as `=SelfConsistency` does not lead further: it says which method of
reasoning must stand there, as another one has other fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ABSENT", "condition", "path_of", "place", "taken"]

ABSENT: Any = object()
"""Stands for what is not there."""

_METHOD = "method"


def condition(method: str) -> str:
    """Return the step that asks for a method of reasoning.

    >>> condition("CodeAct")
    '=CodeAct'
    """
    return f"={method}"


def path_of(function: str, route: Sequence[str]) -> str:
    """Return the path of a leaf.

    >>> path_of("app.act", ["reasoning", "=CodeAct", "action_format"])
    'app.act:reasoning.CodeAct.action_format'
    """
    return f"{function}:{'.'.join(step.removeprefix('=') for step in route)}"


def taken(data: Any, route: Sequence[str]) -> Any:
    """Return what stands at the end of a route; ABSENT where it leads nowhere.

    >>> taken({"reasoning": {"method": "CodeAct", "turns": 3}}, ["reasoning", "=CodeAct", "turns"])
    3
    """
    for step in route:
        if not is_object(data):
            return ABSENT
        if step.startswith("="):
            if data.get(_METHOD) != step[1:]:
                return ABSENT
        elif step in data:
            data = data[step]
        else:
            return ABSENT
    return data


def place(data: dict[str, Any], route: Sequence[str], value: Any) -> bool:
    """Put a value at the end of a route, in place; return whether it leads there."""
    inside = taken(data, route[:-1])
    if not is_object(inside):
        return False
    inside[route[-1]] = value
    return True
