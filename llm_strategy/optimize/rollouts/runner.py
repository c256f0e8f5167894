"""Carrying out one run of the task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llm_strategy.optimize.rollouts.books import Books

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llm_strategy.chat import ModelLike
    from llm_strategy.optimize.data import Dataset
    from llm_strategy.optimize.metric import Metric
    from llm_strategy.optimize.rollouts.record import TaskRunRecord
    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.orders import Order, Rollout, Split
    from llm_strategy.optimize.space import Space

__all__ = ["Runner"]


@dataclass(frozen=True)
class Runner:
    """Calls the task with the values of a candidate, at one case, and scores what comes of it."""

    task: Callable[..., Any]
    """What is called: an LLM function, a method of an LLM strategy, or any callable, async or not."""
    space: Space
    """Makes scopes of values."""
    data: Mapping[Split, Dataset]
    """The cases."""
    metric: Metric
    """Scores results: a function of the case and the result, a `Judge`, or a `SelfEvaluation`."""
    task_model: ModelLike | None = None
    """The first argument of LLM functions, and of tasks that take a model besides their parameters."""
    seed: int = 0
    """The seed of the optimization; see `current_rollout`."""
    retries: int = 0
    """How often a task is called again that got no reply from a model: network and provider failures only."""
    books: Books = field(default_factory=Books)
    """Who pays."""

    def __call__(self, order: Order, values: Values) -> tuple[Rollout, TaskRunRecord]:
        """Carry out one run here and now."""
        raise NotImplementedError
