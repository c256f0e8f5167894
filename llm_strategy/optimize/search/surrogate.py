"""A surrogate: what says how good candidates are, out of all rollouts of all of them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.search.requests import Scored

__all__ = ["Surrogate"]


class Surrogate(Protocol):
    """Says what candidates can be expected to score. It draws nothing: the same candidates are told the same."""

    def expected(self, tried: Sequence[Scored]) -> Sequence[float]:
        """Return the mean score that each candidate can be expected to have, in their order.

        Args:
            tried: candidates with their scores by case (`cases`).
        """
        ...
