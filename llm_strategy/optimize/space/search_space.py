"""`search_space`: what may be changed of some functions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.hyperparameters.reading import alike, tracked_of
from llm_strategy.optimize.space.bounds import bounded, check_seed, is_finite
from llm_strategy.optimize.space.choosing import chosen, matches, unknown_leaf
from llm_strategy.optimize.space.finding import found_in, methods_in
from llm_strategy.optimize.space.routes import ABSENT, path_of, taken
from llm_strategy.optimize.space.scopes import Scopes, in_force_of
from llm_strategy.optimize.space.space import Space

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from functools import cached_property

    from llm_strategy.hyperparameters import Tracked
    from llm_strategy.optimize.space.finding import Found

__all__ = ["search_space"]


def search_space(
    *functions: Tracked | property | cached_property[Any],
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    bounds: Mapping[str, Any] | None = None,
    scope: Hyperparameters | Mapping[Any, Any] | None = None,
    examples: int = 0,
) -> Space:
    """Return the space of what may be changed of some functions.

    Of LLM functions these are the instruction, the descriptions of parameters and fields, and, with `examples`,
    few-shot examples; of tracked functions all hyperparameters that have a JSON form, but for numbers that are not
    finite now. Lists, dictionaries and unions of models are a leaf each: their parts are none. All else has to be named
    by `include` or `bounds`: templates, the method of reasoning and what is in it, temperature, and so on.

    >>> from typing import Literal
    >>> from llm_strategy.optimize.space import Log
    >>> from llm_strategy.hyperparameters import track_hyperparameters
    >>> @track_hyperparameters
    ... def find(query: str, *, _limit: int = 10, _order: Literal["date", "name"] = "date") -> list[str]:
    ...     return [query, _order][:_limit]
    >>> space = search_space(find, bounds={"find:limit": Log(1, 100)})
    >>> [(leaf.name, leaf.kind) for leaf in space.leaves]
    [('find:limit', 'integer'), ('find:order', 'choice')]
    >>> with space.scope({**space.seed, space.leaf("find:limit").path: 1}):
    ...     find("Rome")
    ['Rome']

    Args:
        functions: tracked functions and LLM functions.
        include: patterns such as `"write:instruction"` or `"*:templates"`: only these are searched, and what `bounds`
            name.
        exclude: patterns of what is not searched.
        bounds: by pattern, two numbers, `Log(low, high)`, or a list of what there is to choose from.
        scope: what the search begins with, or what a scope is made of; None takes what the scopes in force say.
        examples: how many few-shot examples an LLM function may have.

    Raises:
        HyperparameterError: there is nothing to search, a pattern means nothing, or bounds do not fit.
    """
    tracked = _distinct(functions)
    start = in_force_of(tracked) if scope is None else Hyperparameters(scope)
    data = Scopes(tracked, start).data
    there = {
        one.leaf.path: one
        for function in tracked
        for one in found_in(function.config_model_type, data[function.config_name], examples)
    }
    limits, include, exclude = dict(bounds or {}), _listed(include), _listed(exclude)
    named = _narrowed(there, limits)
    inner = {one.leaf.path: one for found in there.values() for one in _inside(found)}
    named |= _narrowed(inner, limits)
    there.update(inner)
    _check_bounds(limits, there)
    asked = chosen("include", include, there) or {path for path, one in there.items() if _is_usual(one)}
    kept = (asked | named) - chosen("exclude", exclude, there)
    found = [one for path, one in there.items() if path in kept and _is_reachable(one, there, kept)]
    if not found:
        raise HyperparameterError(
            "There is nothing to search: the functions have no hyperparameters, or all of them are left out. Include "
            "some; those of a tracked function are its keyword parameters whose names begin with '_'."
        )
    for one in found:
        check_seed(one.leaf)
    options = {"include": include, "exclude": exclude, "bounds": limits, "examples": examples}
    space = Space(tracked, found, start, options)
    for path in sorted(named & kept):
        for choice in space.leaf(path).choices:
            space.checked({**space.seed, path: choice})
    return space


def _is_usual(found: Found) -> bool:
    return found.usual and is_finite(found.leaf.default)


def _listed(patterns: Iterable[str]) -> Iterable[str]:
    return patterns if isinstance(patterns, str) else tuple(patterns)  # a text is an error that `chosen` tells


def _distinct(functions: Iterable[Any]) -> tuple[Tracked, ...]:
    found: dict[str, Tracked] = {}
    for one in map(tracked_of, functions):
        if not alike(found.setdefault(one.config_name, one).config_model_type, one.config_model_type):
            raise HyperparameterError(f"Two functions are called {one.config_name!r}. Rename one of them.")
    if not found:
        raise HyperparameterError("A search space needs one tracked function at least.")
    return tuple(found.values())


def _narrowed(there: dict[str, Found], limits: Mapping[str, Any]) -> set[str]:
    """Put bounds on leaves, in place; return the paths of those that have any."""
    named: set[str] = set()
    for pattern, bound in limits.items():
        for path in [path for path in there if matches(pattern, path, whole=True)]:
            there[path] = replace(there[path], leaf=bounded(there[path], bound))
            named.add(path)
    return named


def _inside(found: Found) -> Iterable[Found]:
    return methods_in(found.leaf) if found.leaf.route == ("reasoning",) and found.leaf.choices else ()


def _check_bounds(limits: Mapping[str, Any], there: Mapping[str, Found]) -> None:
    for pattern in limits:
        meant = sorted(chosen("bounds", [pattern], there))
        if not any(matches(pattern, path, whole=True) for path in meant):
            raise unknown_leaf(f"bounds={pattern!r} means {len(meant)} leaves. Name single ones", pattern, meant)


def _is_reachable(found: Found, there: Mapping[str, Found], kept: Iterable[str]) -> bool:
    """Whether a leaf inside of a method of reasoning can ever count."""
    leaf = found.leaf
    if not any(step.startswith("=") for step in leaf.route):
        return True
    around = there[path_of(leaf.function, leaf.route[:1])].leaf
    return around.path in kept or taken(around.default, leaf.route[1:]) is not ABSENT
