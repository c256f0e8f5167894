"""Fit a value to a choice: the `enum` or `const` of a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.parsing.fit import Fit, Place, misfit
from llm_strategy.parsing.plain import is_list
from llm_strategy.parsing.problems import shown
from llm_strategy.parsing.scalars import as_word, read_choice, read_number, same_scalar

if TYPE_CHECKING:
    from llm_strategy.parsing.coerce import Coercion

__all__ = ["fit_choice"]

_SHOWN_CHOICES = 30


def fit_choice(coercion: Coercion, value: Any, place: Place) -> Fit:
    """Fit a value to one of the choices, under its own name or one of `x-aliases` and `x-descriptions`."""
    choices: list[Any] = [place.schema["const"]] if "const" in place.schema else list(place.schema["enum"])
    for choice in choices:
        if same_scalar(choice, value):
            return Fit(choice)
    listed = ", ".join(shown(choice) for choice in choices[:_SHOWN_CHOICES])
    wanted = f"must be one of {listed}" if len(choices) > 1 else f"must be {listed}"
    if not coercion.lenient:
        return misfit(value, place, wanted)
    if is_list(value) and len(value) == 1:
        fit = fit_choice(coercion, value[0], place)
        return fit.dearer("list of one read as its item", 3)
    if not isinstance(value, str | int | float):
        return misfit(value, place, wanted)
    named = {as_word(choice): choice for choice in choices}
    coercion.budget.spend(len(named))
    found = read_choice(as_word(value), named, _other_names(place.schema))
    if found is None and not coercion.prose:
        found = _by_number(value, choices)
    if found is None or (isinstance(value, bool) and not isinstance(named[found], bool)):
        return misfit(value, place, wanted)
    return Fit(named[found]).dearer("choice by another spelling", 2)


def _by_number(value: Any, choices: list[Any]) -> str | None:
    """A choice among numbers that is written in another way: `"2.0"` for 2."""
    number = read_number(as_word(value))
    meant = [choice for choice in choices if number is not None and same_scalar(choice, number)]
    return as_word(meant[0]) if len(meant) == 1 else None


def _other_names(schema: dict[str, Any]) -> dict[str, list[str]]:
    """Aliases and descriptions of the choices."""
    names: dict[str, list[str]] = {}
    for keyword in ("x-aliases", "x-descriptions"):
        for choice, words in schema.get(keyword, {}).items():
            names.setdefault(choice, []).extend([words] if isinstance(words, str) else words)
    return names
