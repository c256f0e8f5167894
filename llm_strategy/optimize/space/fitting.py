"""Whether a value fits a leaf, and the one form in which it is kept."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.schema.json_data import is_list, is_object

if TYPE_CHECKING:
    from llm_strategy.optimize.space.leaf import Leaf

__all__ = ["alike", "fitted", "label_of", "labels_of", "wanted"]

_LABEL = 60


def fitted(leaf: Leaf, value: Any) -> Any:
    """Return a value of a leaf in the one form in which it is kept: 1 for the number 1.0 of a whole number, say.

    >>> from llm_strategy.optimize.space import Leaf
    >>> fitted(Leaf("app.write:words", "integer", 200, low=10), 50.0)
    50

    Raises:
        HyperparameterError: it does not fit; the error names the leaf, and says what does.
    """
    if leaf.choices:
        for choice in leaf.choices:
            if alike(choice, value):
                return choice
    elif value is None and leaf.default is None:
        return None
    else:
        made = _of_kind(leaf, value)
        if made is not None or leaf.kind == "data":
            return made
    raise HyperparameterError(f"{leaf.path!r} cannot be {shown(value)}: it is {wanted(leaf)}.")


def _of_kind(leaf: Leaf, value: Any) -> Any:
    """Return a value as one of the leaf's kind; None where it is none."""
    kinds: dict[str, Any] = {"text": str, "boolean": bool, "data": object}
    if leaf.kind in kinds:
        return value if isinstance(value, kinds[leaf.kind]) else None
    if leaf.kind == "examples":
        return value if is_list(value) and _in_bounds(leaf, len(value)) else None
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not number or not _in_bounds(leaf, value) or (leaf.kind == "integer" and value != int(value)):
        return None
    return int(value) if leaf.kind == "integer" else float(value)


def _in_bounds(leaf: Leaf, number: float) -> bool:
    return (leaf.low is None or number >= leaf.low) and (leaf.high is None or number <= leaf.high)


def wanted(leaf: Leaf) -> str:
    """Say which values a leaf may have.

    >>> from llm_strategy.optimize.space import Leaf
    >>> wanted(Leaf("app.write:words", "integer", 200, low=10))
    'a whole number from 10 on'
    """
    if leaf.choices:
        return " or ".join(shown(one, 80) for one in leaf.choices)
    what = {
        "text": "a text",
        "boolean": "true or false",
        "number": "a number",
        "integer": "a whole number",
        "examples": "a list of examples",
        "data": "data of its type",
    }.get(leaf.kind, leaf.kind)
    if leaf.default is None and leaf.kind != "data":
        what += " or null"
    return what + _bounds_told(leaf)


def _bounds_told(leaf: Leaf) -> str:
    low, high = (f"{bound:g}" if bound is not None else "" for bound in (leaf.low, leaf.high))
    if leaf.kind == "examples":
        return f", {low or 0} to {high} of them" if high else ""
    if low and high:
        return f" from {low} to {high}"
    return f" from {low} on" if low else f" up to {high}" if high else ""


def alike(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; true is not 1, and 1 is 1.0.

    >>> alike({"a": [1]}, {"a": [1.0]}), alike(True, 1)
    (True, False)
    """
    if is_object(one) and is_object(other):
        return one.keys() == other.keys() and all(alike(one[name], other[name]) for name in one)
    if is_list(one) and is_list(other):
        return len(one) == len(other) and all(map(alike, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def labels_of(leaf: Leaf) -> tuple[Any, ...]:
    """Return what choices are called: themselves where they are texts, numbers or truths, short texts otherwise.

    >>> from llm_strategy.optimize.space import Leaf
    >>> methods = ({"method": "Direct"}, {"method": "SelfConsistency", "samples": 3}, None)
    >>> labels_of(Leaf("app.write:reasoning", "choice", None, choices=methods))
    ('Direct', 'SelfConsistency', 'none')
    """
    found: list[Any] = []
    for choice in leaf.choices:
        name, number = _name_of(choice), 1
        while name in found:
            number += 1
            name = f"{_name_of(choice)} #{number}"
        found.append(name)
    return tuple(found)


def label_of(leaf: Leaf, choice: Any) -> Any:
    """Return what a choice is called."""
    return next(name for name, one in zip(labels_of(leaf), leaf.choices, strict=True) if alike(one, choice))


def _name_of(choice: Any) -> Any:
    if isinstance(choice, bool | int | float | str):
        return choice
    if is_object(choice) and isinstance(choice.get("method"), str):
        return choice["method"]
    return "none" if choice is None else shown(choice, _LABEL)
