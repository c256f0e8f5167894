"""Leaves inside of methods of reasoning: they count only where their method is the chosen one."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.optimize.space.fitting import alike, wanted
from llm_strategy.optimize.space.routes import ABSENT, path_of, place, taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llm_strategy.optimize.space.leaf import Leaf

__all__ = ["choice_in", "is_active"]


def is_active(leaf: Leaf, leaves: Mapping[str, Leaf], values: Mapping[str, Any]) -> bool:
    """Whether a leaf has an effect: what it is inside of is chosen, or cannot be chosen."""
    for length in range(1, len(leaf.route)):
        around = leaves.get(path_of(leaf.function, leaf.route[:length]))
        if around is not None and around.choices:
            return taken(values[around.path], leaf.route[length:]) is not ABSENT
    return True


def choice_in(leaf: Leaf, leaves: Iterable[Leaf], value: Any) -> Any:
    """Return the choice that a value is, when what leaves inside of it say is left aside.

    Raises:
        HyperparameterError: it is none.
    """
    depth = len(leaf.route)
    inside = [
        one.route[depth:]
        for one in leaves
        if one.function == leaf.function and one.route[:depth] == leaf.route and len(one.route) > depth
    ]
    for choice in leaf.choices:
        trial = copy.deepcopy(choice)
        for route in inside:
            own = taken(value, route)
            if own is not ABSENT:
                place(trial, route, own)
        if alike(trial, value):
            return choice
    raise HyperparameterError(f"{leaf.path!r} cannot be {shown(value)}: it is {wanted(leaf)}.")
