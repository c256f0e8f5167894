"""Numbers, truths and choices proposed by a search around what was good, without Optuna."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import HyperparameterError
from llm_strategy.optimize.proposers.evidence import evidence, wordings
from llm_strategy.optimize.proposers.tunable import tunable
from llm_strategy.optimize.search.candidate import Proposal, key_of
from llm_strategy.optimize.space.fitting import alike
from llm_strategy.optimize.streams import stream

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from llm_strategy.optimize.proposers.evidence import Evidence
    from llm_strategy.optimize.proposers.tunable import Tunable
    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.requests import Propose
    from llm_strategy.optimize.space import Space

__all__ = ["LocalProposer"]

_DRAWN = 24
_STEPS = (0.08, 0.2, 0.5)
_WIDTH = 0.25
_CURIOUS = 0.5
_WORDINGS = 6
_REWORDED = 0.3


class LocalProposer:
    """Changes some of the parent's numbers, truths and choices; it writes nothing, but may take texts that were tried.

    Of many such changes it takes the one that what was tried near by speaks for, and unknown places a little more.
    """

    name = "local"

    def __init__(self, space: Space) -> None:
        self._space = space
        self._tunable = tunable(space.leaves)

    def propose(self, request: Propose) -> Sequence[Proposal]:
        """Return the parent's values with some numbers, truths and choices changed."""
        if not self._tunable:
            return [Proposal(None, problem="the space has no numbers, truths or choices to tune")]
        draws = stream(request.stream, "local")
        parent = request.parents[0].values
        seen = {key_of(one.candidate.values) for one in request.tried}
        paths = {one.path for one in self._tunable}
        found, texts = evidence(request, paths), wordings(request, paths, _WORDINGS)
        options: dict[str, Values] = {}
        problem = "all that was drawn was tried before"
        for _ in range(_DRAWN):
            try:
                values = self._space.checked(self._moved(parent, texts, draws))
            except HyperparameterError as error:
                problem = str(error)
                continue
            if key_of(values) not in seen:
                options.setdefault(key_of(values), values)
        if not options:
            return [Proposal(None, problem=problem)]
        best = max(options.values(), key=lambda one: self._promise(one, found))
        return [Proposal(best, f"near by was better: {'; '.join(self._space.difference(parent, best))}")]

    def _moved(self, parent: Values, texts: Sequence[Values], draws: random.Random) -> dict[str, Any]:
        """Change one to three leaves; sometimes with a wording that was tried with other values than these."""
        worded: Values = draws.choice(texts[1:]) if len(texts) > 1 and draws.random() < _REWORDED else {}
        count = min(len(self._tunable), 1 + (draws.random() < 0.4) + (draws.random() < 0.15))
        chosen = draws.sample(self._tunable, count)
        moved = {one.path: one.near(parent[one.path], draws, draws.choice(_STEPS)) for one in chosen}
        return {**parent, **worded, **moved}

    def _promise(self, values: Values, found: Sequence[Evidence]) -> float:
        """Return what the candidates near by speak for, with more for places where there are few."""
        weights = [math.exp(-self._distance(values, one.values) / (2 * _WIDTH**2)) for one in found]
        weights = [weight * (1.0 if one.alike else 0.5) for weight, one in zip(weights, found, strict=True)]
        scores = [one.score for one in found]
        mean = sum(scores) / len(scores)
        spread = (max(scores) - min(scores)) or 1.0
        total = sum(weights)
        near = (mean + sum(weight * score for weight, score in zip(weights, scores, strict=True))) / (1 + total)
        return near + _CURIOUS * spread / math.sqrt(1 + 4 * total)

    def _distance(self, one: Values, other: Values) -> float:
        """Return the squared distance of values; another choice is as far as a quarter of a number's bounds."""
        return sum(_apart(leaf, one[leaf.path], other[leaf.path]) for leaf in self._tunable)


def _apart(leaf: Tunable, one: Any, other: Any) -> float:
    here, there = (None, None) if leaf.options else (leaf.place(one), leaf.place(other))
    if here is None or there is None:
        return 0.0 if alike(one, other) else _WIDTH**2
    return (here - there) ** 2
