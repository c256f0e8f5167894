"""A new start away from everything that was tried: another structure, with the texts that the search began with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.errors import HyperparameterError
from llm_strategy.optimize.proposers.tunable import tunable
from llm_strategy.optimize.search.candidate import Proposal, key_of
from llm_strategy.optimize.space.fitting import alike
from llm_strategy.optimize.streams import stream

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from llm_strategy.optimize.proposers.tunable import Tunable
    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.requests import Propose
    from llm_strategy.optimize.space import Space

__all__ = ["RestartProposer"]

_DRAWN = 16


class RestartProposer:
    """Draws what gives a candidate its structure anew: choices and truths; numbers, where there are none of these.

    Texts go back to those of the seed, as what was learned may have been learned around a fault. Of several draws it
    takes the one whose choices were tried least.
    """

    name = "restart"

    def __init__(self, space: Space) -> None:
        self._space = space
        found = tunable(space.leaves)
        self._drawn = [one for one in found if one.options] or list(found)

    def propose(self, request: Propose) -> Sequence[Proposal]:
        """Return a new start."""
        if not self._drawn:
            return [Proposal(None, problem="there are only texts: a new start has to be written")]
        draws = stream(request.stream, "restart")
        known = {key_of(one.candidate.values) for one in request.tried}
        seed = self._space.seed
        options: list[Values] = []
        problem = "every structure was tried before"
        for _ in range(_DRAWN):
            try:
                values = self._space.checked({**seed, **self._new(request.best.values, draws)})
            except HyperparameterError as error:
                problem = str(error)
                continue
            if key_of(values) not in known:
                options.append(values)
        if not options:
            return [Proposal(None, problem=problem)]
        best = min(options, key=lambda values: self._tried(values, request))
        told = "; ".join(self._space.difference(seed, best))
        return [Proposal(best, f"the structure is wrong: {told}, with the texts of the seed")]

    def _new(self, now: Values, draws: random.Random) -> dict[str, Any]:
        """Draw at least one value that differs from the best one's."""
        values = {one.path: one.drawn(draws) for one in self._drawn}
        if all(alike(values[one.path], now[one.path]) for one in self._drawn):
            one = draws.choice(self._drawn)
            values[one.path] = one.near(now[one.path], draws, 0.5)
        return values

    def _tried(self, values: Values, request: Propose) -> float:
        """Return how near everything that was tried is: how many of the drawn values are the same, for each."""
        return sum(
            sum(_same(one, values, scored.candidate.values) for one in self._drawn) ** 2 for scored in request.tried
        )


def _same(one: Tunable, values: Values, others: Values) -> float:
    here, there = (None, None) if one.options else (one.place(values[one.path]), one.place(others[one.path]))
    if here is None or there is None:
        return float(alike(values[one.path], others[one.path]))
    return 1 - abs(here - there)
