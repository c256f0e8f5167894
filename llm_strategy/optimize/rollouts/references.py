"""What the seed gave at a case, for judges that compare results with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from llm_strategy.optimize.metric.scorer import Reference
from llm_strategy.optimize.search.candidate import key_of
from llm_strategy.optimize.search.orders import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from llm_strategy.optimize.rollouts.outcomes import Outcome
    from llm_strategy.optimize.rollouts.record import TaskRunRecord
    from llm_strategy.optimize.rollouts.run_book import RunBook
    from llm_strategy.optimize.rollouts.runner import Runner
    from llm_strategy.optimize.rollouts.work import Work
    from llm_strategy.optimize.search.orders import Split, Usage

__all__ = ["References"]

_Case: TypeAlias = "tuple[Split, str]"
_Carried: TypeAlias = "Callable[[Sequence[Work]], Generator[Outcome]]"


class References:
    """Finds the seed's result at each case that is asked for, or has the seed run there once more.

    A search has the seed run before (`reference_of`), so that it is counted and kept. Where that was not done, or its
    result is too long to be kept and the run was taken up again, it is run here, as a part of the first run that needs
    it: that one pays, and it is no run of its own.
    """

    def __init__(self, runner: Runner, runs: RunBook | None) -> None:
        self._runner = runner
        self._runs = runs
        self.seed = key_of(runner.space.seed)
        """The key of the seed."""
        self._known: dict[_Case, Reference] = {}

    def reference_of(self, order: Order) -> Order | None:
        """Return the seed's run at the same case; None where that is this one."""
        return None if self._is_reference(order) else Order(self.seed, order.split, order.case)

    def compared(self, works: Sequence[Work], carried: _Carried) -> Generator[Outcome]:
        """Carry works out, the seed's own first, each with the reference of its case."""
        self._look_up(works)
        own = [work for work in works if self._is_reference(work.order)]
        found = {work.order.key: outcome for work, outcome in zip(own, self._noted(own, carried), strict=True)}
        owed = self._made(works, carried)
        others = [work for work in works if work.order.key not in found]
        coming = carried([replace(work, reference=self._of(work.order)) for work in others])
        for work in works:
            rollout, record = found[work.order.key] if work.order.key in found else next(coming)
            more = owed.pop(_case_of(work.order), None)
            yield (rollout if more is None else replace(rollout, usage=rollout.usage + more)), record

    def _noted(self, works: Sequence[Work], carried: _Carried) -> Iterator[Outcome]:
        if works:
            given = [replace(work, reference=Reference(None, itself=True)) for work in works]
            for rollout, record in carried(given):
                self._known[_case_of(rollout.order)] = _reference(record)
                yield rollout, record

    def _made(self, works: Sequence[Work], carried: _Carried) -> dict[_Case, Usage]:
        """Have the seed run at the cases where it has not; return what that cost."""
        cases = dict.fromkeys(_case_of(work.order) for work in works)
        missing = [Order(self.seed, split, case) for split, case in cases if (split, case) not in self._known]
        scope = self._runner.space.scope(self._runner.space.seed) if missing else None
        if scope is None:
            return {}
        wanted = [self._runner.work(order, scope) for order in missing]
        made = list(self._noted(wanted, carried))
        return {_case_of(rollout.order): rollout.usage + rollout.scoring for rollout, _ in made}

    def _look_up(self, works: Sequence[Work]) -> None:
        for split, case in dict.fromkeys(_case_of(work.order) for work in works):
            if self._runs is not None and (split, case) not in self._known:
                record = self._runs.run(Order(self.seed, split, case).key)
                if record is not None:
                    self._known[split, case] = _reference(record)

    def _is_reference(self, order: Order) -> bool:
        return order.candidate == self.seed and order.repeat == 0

    def _of(self, order: Order) -> Reference:
        return self._known[_case_of(order)]


def _case_of(order: Order) -> _Case:
    return order.split, order.case


def _reference(record: TaskRunRecord) -> Reference:
    return Reference(record["result"], bool(record["exception"]))
