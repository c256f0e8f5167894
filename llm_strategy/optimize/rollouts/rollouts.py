"""Many runs of the task, side by side, and their outcomes in the order in which they were wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError, WorkerLostError
from llm_strategy.flow import Result
from llm_strategy.optimize.rollouts.in_order import as_completed, in_order
from llm_strategy.optimize.rollouts.references import References
from llm_strategy.optimize.rollouts.side_by_side import side_by_side
from llm_strategy.optimize.rollouts.unreachable import may_choose_model

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from llm_strategy.flow import Executor
    from llm_strategy.optimize.rollouts.outcomes import Outcome
    from llm_strategy.optimize.rollouts.run_book import RunBook
    from llm_strategy.optimize.rollouts.runner import Runner
    from llm_strategy.optimize.rollouts.work import Work
    from llm_strategy.optimize.search.candidate import Candidate
    from llm_strategy.optimize.search.orders import Order

__all__ = ["Rollouts"]


class Rollouts:
    """Carries out runs, `workers` of them at once.

    What comes of a run does not depend on how many there are at once, and neither does the order in which outcomes are
    given.

    Args:
        runner: carries out one of them.
        workers: how many are under way at once, at most.
        executor: where they are carried out; None for threads of this process, and for this thread where it is one.
        runs: where the details of the seed's runs are kept, for judges that compare with them.

    Raises:
        ConfigurationError: `workers` is no positive whole number.
    """

    def __init__(
        self, runner: Runner, *, workers: int = 1, executor: Executor | None = None, runs: RunBook | None = None
    ) -> None:
        given: Any = workers
        if not isinstance(given, int) or isinstance(given, bool) or given < 1:
            raise ConfigurationError(f"workers={workers!r}: a whole number is needed, 1 or more.")
        self.runner = runner
        """Carries out one of them."""
        self.workers = workers
        """How many are under way at once, at most."""
        self.executor = executor
        """Where they are carried out."""
        self._references = References(runner, runs) if runner.scorer.needs_reference else None

    def __call__(self, orders: Sequence[Order], candidates: Sequence[Candidate]) -> Generator[Outcome]:
        """Give the outcomes in the order of `orders`, each as soon as it and those before it are there.

        Where a run ends them all, no further one begins, those under way come to their ends, and then the error of the
        first one in order is raised. Closing the generator ends what is under way.

        Args:
            orders: what is wanted.
            candidates: those that the orders name; the seed need not be among them where a judge compares with it.

        Raises:
            BudgetExceededError: the budget around it ended a run; what was finished behind it is in `error.results`.
            ConfigurationError: a model cannot be asked as it is set up, the metric gives no score, the task does not
                take the parameters, or an order names a candidate that is not there.
            Exception: whatever the metric raises, with a note that says at which case.
        """
        works = self._works(orders, candidates)
        if self._references is None:
            yield from in_order(self._done(works), works)
        else:
            yield from self._references.compared(works, lambda some: in_order(self._done(some), some))

    def reference_of(self, order: Order) -> Order | None:
        """Return the seed's run that a run is compared with; None where that is itself, or nothing is compared."""
        return None if self._references is None else self._references.reference_of(order)

    def as_completed(self, orders: Sequence[Order], candidates: Sequence[Candidate]) -> Generator[Outcome]:
        """Give the outcomes as soon as they are there, in any order; else as a call does.

        Where a judge compares results with the seed's, they come in order.
        """
        if self._references is not None:
            yield from self(orders, candidates)
            return
        works = self._works(orders, candidates)
        for _, outcome in as_completed(self._done(works), works):
            yield outcome

    def _works(self, orders: Sequence[Order], candidates: Sequence[Candidate]) -> list[Work]:
        values = {one.key: one.values for one in candidates}
        if self._references is not None:
            values.setdefault(self._references.seed, self.runner.space.seed)
        missing = next((one.candidate for one in orders if one.candidate not in values), None)
        if missing is not None:
            raise ConfigurationError(f"An order names the candidate {missing!r}, which is not there.")
        scopes = {key: self.runner.space.scope(values[key]) for key in dict.fromkeys(one.candidate for one in orders)}
        chooses = {key: may_choose_model(self.runner.space, values[key]) for key in scopes}
        return [self.runner.work(order, scopes[order.candidate], chooses=chooses[order.candidate]) for order in orders]

    def _done(self, works: Sequence[Work]) -> Callable[[Iterable[Work]], Generator[Result[Outcome]]]:
        def done(some: Iterable[Work]) -> Generator[Result[Outcome]]:
            for result in side_by_side(self.runner.perform, some, workers=self.workers, executor=self.executor):
                if isinstance(result.error, WorkerLostError):  # it may well be that the task kills it: it has failed
                    yield Result(self.runner.lost(works[result.index], result.error), None, result.index)
                else:
                    yield result

        return done
