"""Many runs of the task, side by side, and their outcomes in the order in which they were wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from llm_strategy.flow import Executor
    from llm_strategy.optimize.rollouts.record import TaskRunRecord
    from llm_strategy.optimize.rollouts.run_book import RunBook
    from llm_strategy.optimize.rollouts.runner import Runner
    from llm_strategy.optimize.search.candidate import Candidate
    from llm_strategy.optimize.search.orders import Order, Rollout

__all__ = ["Rollouts"]


class Rollouts:
    """Carries out runs, `workers` of them at once.

    Args:
        runner: carries out one of them.
        workers: how many are under way at once, at most.
        executor: where they are carried out; None for threads of this process.
        runs: where the details of the seed's runs are kept, for judges that compare with them.
    """

    def __init__(
        self, runner: Runner, *, workers: int = 1, executor: Executor | None = None, runs: RunBook | None = None
    ) -> None:
        raise NotImplementedError(runner, workers, executor, runs)

    def __call__(
        self,
        orders: Sequence[Order],
        candidates: Sequence[Candidate],
        arrived: Callable[[Rollout, TaskRunRecord], object] | None = None,
    ) -> Generator[tuple[Rollout, TaskRunRecord]]:
        """Give the outcomes in the order of `orders`, each as soon as it and those before it are there.

        Args:
            orders: what is wanted.
            candidates: those that the orders name.
            arrived: told of each outcome as soon as it is there, in the thread that reads: out of order, that is.

        Raises:
            BudgetExceededError: the budget around it ended a run; what was finished behind it is in `error.results`.
            ConfigurationError: the metric gives no score.
            Exception: whatever the metric raises, with a note that says at which case.
        """
        raise NotImplementedError(orders, candidates, arrived)
        yield
