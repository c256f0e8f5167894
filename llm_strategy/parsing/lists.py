"""Fit a value to a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.parsing.encoded import decode_container
from llm_strategy.parsing.fit import Fit, Place, misfit
from llm_strategy.parsing.plain import is_list, is_object
from llm_strategy.parsing.problems import describe

if TYPE_CHECKING:
    from llm_strategy.parsing.coerce import Coercion
    from llm_strategy.parsing.json_schema import Schema

__all__ = ["fit_list"]

_MOST_PROBLEMS = 100
"""How many problems of a list are collected: a long one would fill the memory with them."""


def fit_list(coercion: Coercion, value: Any, place: Place) -> Fit:
    """Fit a value to the `array` of a schema; a list written as text, wrapped, or a single item will do."""
    if is_list(value):
        return _fit_items(coercion, value, place)
    if not coercion.lenient or value is None:
        return misfit(value, place, describe("array"))
    mark = id(value), id(place.schema)
    if mark not in coercion.wrapped:
        coercion.wrapped.add(mark)
        fit = _fit_as_list(coercion, value, place)
        coercion.wrapped.discard(mark)
        if fit is not None:
            return fit
    return misfit(value, place, describe("array"))


def _fit_as_list(coercion: Coercion, value: Any, place: Place) -> Fit | None:
    """The fit of the list that a value of another kind stands for, or None."""
    text = None if coercion.prose else decode_container(value, list, coercion.budget)
    for items, repair in (
        (text, "list written as text"),
        (_only_list(value), "wrapped list"),
        ([value], "single value read as a list"),
    ):
        if items is not None:
            fit = _fit_items(coercion, items, place)
            if not fit.problems:
                return fit.dearer(repair, 3)
    return None


def _fit_items(coercion: Coercion, items: list[Any], place: Place) -> Fit:
    first: list[Schema] = place.schema.get("prefixItems", [])
    given: Any = place.schema.get("items", True)
    rest: Schema = given
    if is_list(given):  # the spelling of older drafts
        first, rest = given, place.schema.get("additionalItems", True)
    result = Fit([])
    for index, item in enumerate(items):
        if len(result.problems) >= _MOST_PROBLEMS:
            break  # it does not fit, and nobody reads more
        part = first[index] if index < len(first) else rest
        fit = coercion.fit(item, part, place.inner(index), place.depth + 1)
        result.take(fit)
        result.value.append(fit.value)
    if len(items) < place.schema.get("minItems", len(first)) and first and not coercion.partial:
        result.problems.append(place.said(f"{len(first)} items are needed, found {len(items)}"))
    return result


def _only_list(value: Any) -> list[Any] | None:
    """The list in an object that holds nothing else."""
    if is_object(value) and len(value) == 1:
        inner = next(iter(value.values()))
        return inner if is_list(inner) else None
    return None
