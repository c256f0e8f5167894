"""Values proposed by a response surface: what may well be the best, for all that is known of all rollouts."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import HyperparameterError, MissingExtraError
from llm_strategy.optimize.proposers.response_surface import ResponseSurface, surface_of
from llm_strategy.optimize.proposers.tunable import tunable
from llm_strategy.optimize.search.candidate import Proposal, key_of
from llm_strategy.optimize.streams import stream

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from llm_strategy.optimize.proposers.proposer import Proposer
    from llm_strategy.optimize.proposers.tunable import Tunable
    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.requests import Propose, Scored
    from llm_strategy.optimize.search.surrogate import Surrogate
    from llm_strategy.optimize.space import Leaf, Space

__all__ = ["ResponseProposer", "is_tuned", "surrogate_in"]

_NEAR, _FAR = 150, 50
_STEPS = (0.08, 0.15, 0.3)
_OTHER = 0.3
_REDRAWN = 0.5
_COUNTS = (1, 1, 2, 3)


def is_tuned(leaves: Sequence[Leaf]) -> bool:
    """Whether a space is mostly one to tune: at least two leaves are, and no fewer than have to be written.

    >>> from llm_strategy.optimize.space import Leaf
    >>> size, fast = Leaf("f:size", "integer", 3, low=1, high=9), Leaf("f:fast", "boolean", default=False)
    >>> is_tuned([size, fast, Leaf("f:text", "text", "")]), is_tuned([size, Leaf("f:text", "text", "")])
    (True, False)
    """
    tuned = len(tunable(leaves))
    return tuned >= 2 and 2 * tuned >= len(leaves)


def surrogate_in(proposers: Mapping[str, Proposer]) -> Surrogate | None:
    """Return the response surface of a portfolio; None where nobody proposes by one."""
    found = proposers.get(ResponseProposer.name)
    return found if isinstance(found, ResponseProposer) else None


class ResponseProposer:
    """Draws a response surface out of those that the rollouts allow, and proposes where that one is the highest.

    So it goes where it may be good: near what was good, and where little is known. It writes nothing, but combines
    texts that were tried with other numbers, truths and choices. As a `Surrogate` it says what candidates can be
    expected to score.

    Raises:
        MissingExtraError: numpy is not installed; it comes with Optuna.
    """

    name = "response"

    def __init__(self, space: Space) -> None:
        if find_spec("numpy") is None:
            raise MissingExtraError("optimize", "ResponseProposer")
        self._space = space
        self._tunable = tunable(space.leaves)
        paths = {one.path for one in self._tunable}
        self._written = sorted(leaf.path for leaf in space.leaves if leaf.path not in paths)
        self._known: tuple[list[Any], ResponseSurface] | None = None
        """The last surface, and what it was learnt from."""

    def expected(self, tried: Sequence[Scored]) -> Sequence[float]:
        """Return the mean score that each candidate can be expected to have."""
        return self._surface(tried).expected

    def propose(self, request: Propose) -> Sequence[Proposal]:
        """Return the values that are the best on a surface that was drawn; they may have been tried before."""
        if not self._tunable:
            return [Proposal(None, problem="the space has no numbers, truths or choices to tune")]
        draws = stream(request.stream, "response")
        surface = self._surface(request.tried)
        weights = surface.weights.drawn(draws)
        problem = "nothing that was drawn fits"
        points: dict[str, Values] = {}
        for values in self._drawn(request, draws):
            try:
                own = self._space.checked(values)
            except HyperparameterError as error:
                problem = str(error)
                continue
            points.setdefault(key_of(own), own)
        if not points:
            return [Proposal(None, problem=problem)]
        options = list(points.values())
        rows = surface.rows(options)
        best = options[int((rows @ weights[: rows.shape[1]]).argmax())]
        told = "; ".join(self._space.difference(request.parents[0].values, best))
        return [Proposal(best, f"all rollouts together speak for {told}" if told else "it may be the best")]

    def _surface(self, tried: Sequence[Scored]) -> ResponseSurface:
        known = [(one.candidate, one.cases) for one in tried]
        if self._known is None or self._known[0] != known:
            self._known = (known, surface_of(self._tunable, self._written, tried))
        return self._known[1]

    def _drawn(self, request: Propose, draws: random.Random) -> list[dict[str, Any]]:
        """Draw values near what is good, and anywhere."""
        best = request.best.values
        tried = [one.candidate.values for one in request.tried]
        found: list[dict[str, Any]] = [
            {**best, **{one.path: one.drawn(draws) for one in self._tunable}} for _ in range(_FAR)
        ]
        for _ in range(_NEAR):
            start = draws.choice(tried) if draws.random() < _OTHER else best
            count = min(len(self._tunable), draws.choice(_COUNTS))
            moved = {one.path: _moved(one, start[one.path], draws) for one in draws.sample(self._tunable, count)}
            found.append({**start, **moved})
        texts = self._texts(tried)
        found = [{**one, **(draws.choice(texts) if draws.random() < _OTHER else {})} for one in found]
        return [*found, *(dict(values) for values in tried)]

    def _texts(self, tried: Sequence[Values]) -> list[dict[str, Any]]:
        found = [{path: values[path] for path in self._written} for values in tried]
        return list({key_of(text): text for text in found}.values())


def _moved(leaf: Tunable, value: Any, draws: random.Random) -> Any:
    return leaf.drawn(draws) if draws.random() < _REDRAWN else leaf.near(value, draws, draws.choice(_STEPS))
