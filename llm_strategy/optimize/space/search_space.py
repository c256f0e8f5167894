"""`search_space`: what may be changed of some functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from functools import cached_property

    from llm_strategy.hyperparameters import Hyperparameters, Tracked
    from llm_strategy.optimize.space.space import Space

__all__ = ["search_space"]


def search_space(
    *functions: Tracked | property | cached_property[Any],
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    bounds: Mapping[str, Any] | None = None,
    scope: Hyperparameters | None = None,
    examples: int = 0,
) -> Space:
    """Return the space of what may be changed of some functions."""
    raise NotImplementedError(functions, include, exclude, bounds, scope, examples)
