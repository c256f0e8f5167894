"""Values at random: for `engine="random"`, which any search has to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.errors import HyperparameterError
from llm_strategy.optimize.proposers.tunable import tunable
from llm_strategy.optimize.search.candidate import Proposal
from llm_strategy.optimize.streams import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.search.requests import Propose
    from llm_strategy.optimize.space import Space

__all__ = ["RandomProposer"]


class RandomProposer:
    """Draws every number, truth and choice; texts stay as they are in the parent."""

    name = "random"

    def __init__(self, space: Space) -> None:
        self._space = space
        self._tunable = tunable(space.leaves)

    def propose(self, request: Propose) -> Sequence[Proposal]:
        """Return one point of the space."""
        if not self._tunable:
            return [Proposal(None, problem="the space has no numbers, truths or choices to draw")]
        draws = stream(request.stream, "random")
        drawn = {one.path: one.drawn(draws) for one in self._tunable}
        try:
            values = self._space.checked({**request.parents[0].values, **drawn})
        except HyperparameterError as error:
            return [Proposal(None, problem=str(error))]
        return [Proposal(values, "drawn at random")]
