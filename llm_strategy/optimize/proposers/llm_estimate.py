"""A model's guess at whether going on is worth it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.errors import AttemptsExhaustedError, ReplyError, TransportError
from llm_strategy.optimize.loop.llm_optimizer import LLMOptimizer
from llm_strategy.optimize.loop.optimization_info import OptimizationInfo
from llm_strategy.optimize.proposers.llm_history import front_of, hypotheses_of, score_of_candidate

if TYPE_CHECKING:
    from llm_strategy.chat import ModelLike
    from llm_strategy.optimize.search.requests import Estimate
    from llm_strategy.optimize.space import Space

__all__ = ["LLMEstimate"]

_SHOWN_OTHERS = 2
_SHOWN_HYPOTHESES = 20


class LLMEstimate:
    """Asks a model how probable a further improvement is: the answer to `Estimate`.

    Args:
        space: what is searched.
        model: who is asked.
        optimizer: what it is asked.
    """

    def __init__(self, space: Space, model: ModelLike | None, optimizer: type[LLMOptimizer] = LLMOptimizer) -> None:
        self._space = space
        self._model = model
        self._optimizer = optimizer

    def __call__(self, request: Estimate) -> float | None:
        """Return the probability; None where the model gave nothing of use.

        Raises:
            BudgetExceededError: the budget does not allow the model to be asked.
        """
        made: Any = OptimizationInfo[Any, Any, self._space.point_type]  # type: ignore[name-defined]  # known at run time
        best = request.best
        info = made.model_construct(
            older_task_summary=None,
            task_infos=[],
            best_hyperparameters=self._space.point(best.values),
            best_score=score_of_candidate(best, request.pool),
            front=front_of(self._space, request.pool, best, _SHOWN_OTHERS),
            hypotheses=hypotheses_of(request.pool)[-_SHOWN_HYPOTHESES:],
            budget_left=None,
            missing_report=None,
        )
        try:
            return self._optimizer.probability_for_improvement(self._model, info).probability
        except (AttemptsExhaustedError, ReplyError, TransportError):
            return None
