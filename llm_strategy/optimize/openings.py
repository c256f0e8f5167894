"""The cases that judge the gain are to be opened once. A run that goes on with another budget may open them again.

Whoever looks several times, and for another winner each time, finds a gain at last where there is none. So each opening
is noted beside the log, and the interval of a later one is wider.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.optimize.search.candidate import key_of
from llm_strategy.optimize.search.gain import gain_of
from llm_strategy.optimize.search.requests import Evaluate, Evaluated
from llm_strategy.optimize.streams import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.search.orders import Rollout
    from llm_strategy.optimize.search.outcome import Gain, SearchOutcome
    from llm_strategy.optimize.search.requests import Search
    from llm_strategy.optimize.search.setup import SearchSetup
    from llm_strategy.optimize.store import OptimizationStore

__all__ = ["OPENINGS", "Openings", "counting_openings"]

OPENINGS: Final = "openings"
"""The name under which the store keeps who was judged, and at how many cases."""


class Openings:
    """Who was judged in a store.

    An opening is a candidate at a number of cases: one that is judged again at the same cases is told what is known.
    """

    def __init__(self, store: OptimizationStore) -> None:
        self._store = store
        self.judged = False
        """Whether somebody was judged this time."""

    @property
    def count(self) -> int:
        """How many there were, over all the times that the run was begun."""
        return len(self._store.get(OPENINGS) or ())

    @property
    def before(self) -> int:
        """How many there were besides the one of this time; 0 where nobody is judged."""
        return self.count - 1 if self.judged else 0

    def note(self, request: Evaluate, seed: str) -> None:
        """Note an opening, before anything is seen of it."""
        cases: dict[str, int] = {}
        for order in request.orders:
            if order.candidate != seed:
                cases[order.candidate] = cases.get(order.candidate, 0) + 1
        known: list[Any] = self._store.get(OPENINGS) or []
        new = [opening for opening in ([*pair] for pair in cases.items()) if opening not in known]
        if new:
            self._store.set(OPENINGS, [*known, *new])
        self.judged = True


def counting_openings(search: Search, setup: SearchSetup, openings: Openings) -> Search:
    """Carry out a search, note that the cases that judge the gain are opened, and widen a later opening's interval.

    With k openings, an interval has the confidence 1 - (1 - c) / k: k such intervals hold together with c (Bonferroni).
    Where zero is in the wider interval, the seed is given back. Covered: all that went through the same store. Not
    covered: what was reported of earlier openings, when the later ones were not known; other stores with these cases.
    """
    seed = key_of(setup.seed_values)
    rollouts: list[Rollout] = []
    reply: Any = None
    try:
        while True:
            request = search.send(reply)
            judging = isinstance(request, Evaluate) and request.purpose == "test"
            if isinstance(request, Evaluate) and judging:
                openings.note(request, seed)
            reply = yield request
            if isinstance(reply, Evaluated) and judging:
                rollouts += reply.rollouts
    except StopIteration as end:
        outcome: SearchOutcome = end.value
    finally:
        search.close()
    if outcome.gain is None or not openings.before:
        return outcome
    return _widened(outcome, outcome.gain, _again(outcome.gain, setup, rollouts, openings.count), setup, openings.count)


def _again(gain: Gain, setup: SearchSetup, rollouts: Sequence[Rollout], count: int) -> Gain:
    """Return a gain with the interval of the last of so many openings."""
    seed = key_of(setup.seed_values)
    before = {one.order.case: one.score for one in rollouts if one.order.candidate == seed}
    after = {one.order.case: one.score for one in rollouts if one.order.candidate != seed}
    wider = gain_of(
        [after[case] - score for case, score in before.items() if case in after],
        split=gain.split,
        confidence=1 - (1 - gain.confidence) / count,
        resamples=setup.settings.resamples,
        draws=stream(setup.random_seed, "gain"),
    )
    return gain if wider is None else wider


def _widened(outcome: SearchOutcome, gain: Gain, wider: Gain, setup: SearchSetup, count: int) -> SearchOutcome:
    reason = outcome.reason.partition("; ")[0]
    told = (
        f"the gain is {wider.low:+.3f} to {wider.high:+.3f} at {wider.confidence * 100:.4g}% on {wider.split}, "
        f"which was opened {count} times"
    )
    if wider.is_real or not gain.is_real:
        end = outcome.reason.rpartition(gain.split)[2]
        return replace(outcome, gain=wider, reason=f"{reason}; {told}{end}")
    if not setup.settings.guard:
        return replace(outcome, gain=wider, reason=f"{reason}; {told}, and nothing guards against a loss")
    return replace(outcome, best=outcome.seed, gain=wider, reason=f"{reason}; {told}, so the seed is given back")
