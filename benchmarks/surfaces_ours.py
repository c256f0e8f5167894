"""Our search on a surface: with a driver in memory, and the reflector of the surface where a model would write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.surfaces_meter import Meter
from benchmarks.surfaces_surface import Drawn, Knob, Point, Surface, case_ids
from llm_strategy.optimize.proposers import Proposer
from llm_strategy.optimize.proposers.local import LocalProposer
from llm_strategy.optimize.proposers.optuna import OptunaProposer
from llm_strategy.optimize.proposers.response import ResponseProposer, is_tuned, surrogate_in
from llm_strategy.optimize.search.candidate import Proposal
from llm_strategy.optimize.search.orders import Rollout
from llm_strategy.optimize.search.outcome import SearchOutcome
from llm_strategy.optimize.search.requests import Estimated, Evaluate, Evaluated, Note, Propose, Proposed, Search
from llm_strategy.optimize.search.search import search
from llm_strategy.optimize.search.settings import SearchSettings
from llm_strategy.optimize.search.setup import SearchSetup
from llm_strategy.optimize.space import Leaf

__all__ = ["driven", "ours", "setup_of"]


def ours(surface: Surface, budget: int, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the winner: what is best by validation, as other methods say it too."""
    return dict(driven(search(setup_of(surface, budget, {"guard": False, **settings})), surface, budget).winner.values)


def setup_of(surface: Surface, budget: int, settings: Mapping[str, Any], *, tested: bool = False) -> SearchSetup:
    """What a search on a surface begins with; the kinds of the cases are not told."""
    return SearchSetup(
        seed_values=surface.seed_values,
        train=case_ids(surface.sizes.train),
        val=case_ids(surface.sizes.val),
        test=case_ids(surface.sizes.test) if tested else (),
        proposers=("llm", *proposers_of(surface)),
        random_seed=surface.seed,
        settings=SearchSettings(**settings),
        deterministic=surface.deterministic,
        perfect=1.0,
        rollouts=budget,
        surrogate=surrogate_in(proposers_of(surface)),
    )


def driven(search: Search, surface: Surface, budget: int) -> SearchOutcome:
    """Carry a search out."""
    driver = _Driver(surface, budget)
    reply: object = None
    while True:
        try:
            request = search.send(reply)
        except StopIteration as end:
            return end.value
        reply = driver.answer(request)


class _Driver:
    def __init__(self, surface: Surface, budget: int) -> None:
        self.surface, self.meter = surface, Meter(surface, budget)
        self.proposers = proposers_of(surface)

    @property
    def left(self) -> float:
        return 1 - self.meter.used / self.meter.budget

    def answer(self, request: object) -> object:
        if isinstance(request, Evaluate):
            return self.evaluated(request)
        if isinstance(request, Propose):
            return Proposed(tuple(self.proposed(request)), self.left)
        return None if isinstance(request, Note) else Estimated(None, self.left)

    def evaluated(self, request: Evaluate) -> Evaluated:
        values = {candidate.key: candidate.values for candidate in request.candidates}
        afforded = request.orders[: self.meter.budget - self.meter.used]
        done = [Rollout(one, self.meter.score(values[one.candidate], one.split, one.case)) for one in afforded]
        return Evaluated(tuple(done), self.left)

    def proposed(self, request: Propose) -> Sequence[Proposal]:
        if request.proposer in self.proposers:
            return self.proposers[request.proposer].propose(request)
        runs = [Drawn(run.order.case, run.score) for run in request.runs if run.order.split == "train"]
        return [Proposal(*self.surface.reflect(request.parents[0].values, runs, request.stream))]


def proposers_of(surface: Surface) -> dict[str, Proposer]:
    """The proposers that need no model, over the space of a surface; none where there is nothing but texts."""
    if all(knob.kind == "text" for knob in surface.knobs):
        return {}
    space: Any = KnobSpace(surface)
    if is_tuned(space.leaves):
        return {"response": ResponseProposer(space)}
    return {"optuna": OptunaProposer(space), "local": LocalProposer(space)}


class KnobSpace:
    """The space of a surface, as proposers see it; any values of its knobs fit."""

    def __init__(self, surface: Surface) -> None:
        self.leaves = tuple(sorted(map(leaf_of, surface.knobs), key=lambda leaf: leaf.path))
        self.seed = surface.seed_values

    def checked(self, values: Point) -> dict[str, Any]:
        return dict(values)

    def difference(self, parent: Point, values: Point) -> list[str]:
        return [f"{path} {values[path]!r}" for path in values if values[path] != parent[path]]


def leaf_of(knob: Knob) -> Leaf:
    """A leaf of a space."""
    return Leaf(knob.path, knob.kind, knob.default, low=knob.low, high=knob.high, log=knob.log, choices=knob.choices)
