"""Values at random: for `engine="random"`, which any search has to beat."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from llm_strategy.optimize.search.candidate import Proposal
from llm_strategy.optimize.streams import stream

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from llm_strategy.optimize.search.requests import Propose
    from llm_strategy.optimize.space import Leaf, Space

__all__ = ["RandomProposer"]


class RandomProposer:
    """Draws every value that has bounds or choices; texts, and numbers without bounds, stay as they are."""

    name = "random"

    def __init__(self, space: Space) -> None:
        self._leaves = [leaf for leaf in space.leaves if _is_drawn(leaf)]

    def propose(self, request: Propose) -> Sequence[Proposal]:
        """Return one point of the space."""
        if not self._leaves:
            return [Proposal(None, problem="no value of the space has bounds or choices")]
        draws = stream(request.stream, "random")
        drawn = {leaf.path: _drawn(leaf, draws) for leaf in self._leaves}
        return [Proposal({**request.parents[0].values, **drawn}, "at random")]


def _is_drawn(leaf: Leaf) -> bool:
    if leaf.kind == "boolean" or (leaf.kind == "choice" and leaf.choices):
        return True
    return leaf.kind in {"number", "integer"} and leaf.low is not None and leaf.high is not None


def _drawn(leaf: Leaf, draws: random.Random) -> Any:
    if leaf.kind == "boolean":
        return draws.random() < 0.5
    if leaf.kind == "choice":
        return draws.choice(leaf.choices)
    low, high = leaf.low or 0.0, leaf.high or 0.0
    if leaf.log:
        value = math.exp(draws.uniform(math.log(low), math.log(high)))
        return min(int(high), max(int(low), round(value))) if leaf.kind == "integer" else min(high, max(low, value))
    return draws.randint(int(low), int(high)) if leaf.kind == "integer" else draws.uniform(low, high)
