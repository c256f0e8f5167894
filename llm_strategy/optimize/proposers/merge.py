"""Two good candidates made one: each leaf from the one that has changed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.errors import HyperparameterError
from llm_strategy.optimize.search.candidate import Proposal, key_of
from llm_strategy.optimize.space.fitting import alike
from llm_strategy.optimize.streams import stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llm_strategy.optimize.search.candidate import Candidate, Values
    from llm_strategy.optimize.search.requests import Propose
    from llm_strategy.optimize.space import Space

__all__ = ["MergeProposer"]


class MergeProposer:
    """Merges two candidates leaf by leaf, as files are merged: against what both were made from.

    A leaf that one of them has changed is taken from that one. Where both have, it is drawn, the better one more often.
    Texts are taken whole.
    """

    name = "merge"

    def __init__(self, space: Space) -> None:
        self._space = space

    def propose(self, request: Propose) -> Sequence[Proposal]:
        """Return what two parents make together."""
        if len(request.parents) < 2:
            return [Proposal(None, problem="a merge needs two candidates")]
        one, other = request.parents[:2]
        known = {scored.candidate.number: scored.candidate for scored in request.tried}
        origin = _origin(one, other, known)
        if origin is None:
            return [Proposal(None, problem=f"candidates {one.number} and {other.number} come from nothing in common")]
        means = {scored.candidate.number: scored.mean for scored in request.tried}
        share = 0.75 if means.get(one.number, 0.0) >= means.get(other.number, 0.0) else 0.25
        draws = stream(request.stream, "merge")
        merged: dict[str, Any] = {}
        for path, value in sorted(one.values.items()):
            rival, before = other.values[path], origin.values[path]
            both = not alike(value, rival) and not alike(value, before) and not alike(rival, before)
            first = draws.random() < share if both else not alike(value, before)
            merged[path] = value if first else rival
        return [self._proposal(merged, request, origin)]

    def _proposal(self, merged: Values, request: Propose, origin: Candidate) -> Proposal:
        one, other = request.parents[:2]
        try:
            values = self._space.checked(merged)
        except HyperparameterError as error:
            return Proposal(None, problem=str(error))
        if key_of(values) in {one.key, other.key, origin.key}:
            return Proposal(
                None, problem=f"candidates {one.number} and {other.number} have nothing to add to each other"
            )
        told = "; ".join(self._space.difference(one.values, values))
        return Proposal(values, f"what candidate {other.number} has found helps {one.number} as well: {told}")


def _origin(one: Candidate, other: Candidate, known: Mapping[int, Candidate]) -> Candidate | None:
    """Return the youngest candidate that both were made from; one of them, where the other was made from it."""
    shared = _line(one, known) & _line(other, known)
    return known[max(shared)] if shared else None


def _line(one: Candidate, known: Mapping[int, Candidate]) -> set[int]:
    """Return the numbers of a candidate and of all that it was made from."""
    found: set[int] = set()
    waiting = [one.number]
    while waiting:
        number = waiting.pop()
        if number in known and number not in found:
            found.add(number)
            waiting.extend(known[number].parents)
    return found
