"""Bounds that a user sets: a range of numbers, or what there is to choose from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

from pydantic import ConfigDict, TypeAdapter, ValidationError

from llm_strategy.errors import HyperparameterError, LLMStrategyError
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.optimize.space.fitting import alike, wanted
from llm_strategy.optimize.space.leaf import Leaf, Log
from llm_strategy.schema.json_data import is_list, is_object, is_tuple

if TYPE_CHECKING:
    from llm_strategy.optimize.space.finding import Found

__all__ = ["bounded", "check_seed", "is_finite", "written"]


def bounded(found: Found, bound: Any) -> Leaf:
    """Return a leaf within bounds.

    Args:
        found: the leaf.
        bound: two numbers, `Log(low, high)`, or a list of what there is to choose from; of examples, how many.

    Raises:
        HyperparameterError: the bounds are none, or none for such a leaf, or reach beyond what its type allows.
    """
    leaf = found.leaf
    limits = _limits(leaf, bound)
    if limits is not None:
        return _between(leaf, *limits, log=isinstance(bound, Log))
    if not _is_list_of_choices(bound) or leaf.kind == "examples":
        raise HyperparameterError(f"{leaf.path!r} cannot have the bounds {shown(bound)}. {_remedy(leaf)}")
    choices: list[Any] = []
    for value in bound:
        choice = written(found, value)
        if not is_finite(choice):
            raise HyperparameterError(f"{leaf.path!r} cannot be {shown(value)}: it has no JSON form.")
        if not any(alike(choice, one) for one in choices):
            choices.append(choice)
    if not any(alike(leaf.default, one) for one in choices):
        choices.insert(0, leaf.default)
    if len(choices) < 2:
        raise HyperparameterError(f"{leaf.path!r} has nothing to choose from but {shown(choices[0])}. Exclude it.")
    return replace(leaf, kind="choice", choices=tuple(choices), low=None, high=None)


def _is_list_of_choices(bound: object) -> TypeGuard[Iterable[Any]]:
    return isinstance(bound, Iterable) and not isinstance(bound, str | bytes)


def _limits(leaf: Leaf, bound: Any) -> tuple[Any, Any] | None:
    """Return two numbers, where bounds are such."""
    if leaf.kind == "examples" and isinstance(bound, int) and not isinstance(bound, bool):
        return (0, bound)
    if leaf.kind not in {"number", "integer", "examples"}:
        return None
    if isinstance(bound, Log):
        return (bound.low, bound.high)
    if isinstance(bound, range) and bound.step == 1 and bound:
        return (bound[0], bound[-1])
    return (bound[0], bound[1]) if is_tuple(bound) and len(bound) == 2 else None


def _between(leaf: Leaf, low: Any, high: Any, *, log: bool) -> Leaf:
    for bound in (low, high):
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not is_finite(bound):
            raise HyperparameterError(f"{leaf.path!r} cannot have the bounds {(low, high)!r}. {_remedy(leaf)}")
        if leaf.kind != "number" and bound != int(bound):
            raise HyperparameterError(f"{leaf.path!r} is a whole number, and cannot have the bound {bound!r}.")
    if low > high:
        raise HyperparameterError(f"{leaf.path!r} cannot have the bounds {(low, high)!r}: the lower one comes first.")
    beyond = (leaf.low is not None and low < leaf.low) or (leaf.high is not None and high > leaf.high)
    if beyond and leaf.kind != "examples":
        raise HyperparameterError(
            f"{leaf.path!r} cannot have the bounds {(low, high)!r}: its type allows {wanted(leaf)}."
        )
    if leaf.kind == "examples" and high < 1:
        raise HyperparameterError(f"{leaf.path!r} has nothing to search but no examples at all. Exclude it.")
    return replace(leaf, low=low, high=high, log=log)


def _remedy(leaf: Leaf) -> str:
    if leaf.kind == "examples":
        return "Give the number of examples that there may be at most."
    if leaf.kind in {"number", "integer"}:
        return "Give two numbers as in (0, 1), Log(1, 100), or a list of what there is to choose from."
    return "Give a list of what there is to choose from."


def written(found: Found, value: Any) -> Any:
    """Return a value as JSON data, as its type writes it. Raises HyperparameterError."""
    config = ConfigDict(arbitrary_types_allowed=True, ser_json_inf_nan="strings")
    try:
        try:
            adapter = TypeAdapter[Any](found.annotation, config=config)
        except Exception:  # noqa: BLE001 (a type that has a configuration of its own takes no other one)
            adapter = TypeAdapter[Any](found.annotation)
        return adapter.dump_python(adapter.validate_python(value), mode="json", warnings=False)
    except (ValidationError, LLMStrategyError) as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise HyperparameterError(f"{found.leaf.path!r} cannot be {shown(value)}: {said}") from error


def check_seed(leaf: Leaf) -> None:
    """Make sure that a search can begin with what a value is now. Raises HyperparameterError."""
    number: Any = leaf.default
    if not is_finite(number):
        raise HyperparameterError(
            f"{leaf.path!r} is {shown(number)} now: no search can begin there. Exclude it, or give a scope in which "
            "all of its numbers are finite."
        )
    if leaf.kind == "examples":
        number = len(number)
        told = f"has {number} examples"
    elif leaf.kind in {"number", "integer"} and isinstance(number, int | float):
        told = f"is {number!r}"
    else:
        return
    if (leaf.low is not None and number < leaf.low) or (leaf.high is not None and number > leaf.high):
        raise HyperparameterError(
            f"{leaf.path!r} {told} now, out of its bounds {(leaf.low, leaf.high)!r}. Widen them, or give a scope in "
            "which it has another value."
        )


def is_finite(value: Any) -> bool:
    """Whether all numbers in JSON data are finite: no other ones can be written down.

    >>> is_finite({"a": [1, 0.5]}), is_finite([float("inf")])
    (True, False)
    """
    if isinstance(value, float):
        return math.isfinite(value)
    inside = value.values() if is_object(value) else value if is_list(value) else ()
    return all(map(is_finite, inside))
