"""The search: from a seed to the best values that the budget allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.requests import Search

__all__ = ["SearchSetup", "search"]


@dataclass(frozen=True, slots=True)
class SearchSetup:
    """What a search begins with. All of it is plain data: two searches with equal setups ask the same."""

    seed_values: Values
    """Where it begins."""
    train: tuple[str, ...]
    """Ids of the cases to learn from."""
    val: tuple[str, ...]
    """Ids of the cases to choose by."""
    test: tuple[str, ...] = ()
    """Ids of the cases to judge by; touched once, at the end."""
    groups: Mapping[str, str] = field(default_factory=dict[str, str])
    """Groups of cases by `split/id`, where they have any."""
    proposers: tuple[str, ...] = ("llm",)
    """Names of the proposers that may be asked."""
    random_seed: int = 0
    """Seeds everything that is drawn."""


def search(setup: SearchSetup) -> Search:
    """Search for better values."""
    raise NotImplementedError(setup)
    yield
