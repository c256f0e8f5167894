"""How `optimize_hyperparameters` goes about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from llm_strategy.errors import ConfigurationError
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.optimize.loop.llm_optimizer import LLMOptimizer
from llm_strategy.optimize.metric.scorer import FunctionScorer
from llm_strategy.optimize.space import Space

if TYPE_CHECKING:
    from llm_strategy.flow import Executor
    from llm_strategy.optimize.loop.points import Points
    from llm_strategy.optimize.metric.score import Metric

__all__ = ["LoopOptions", "LoopSettings"]


class LoopOptions(TypedDict, total=False):
    """What `optimize_hyperparameters` accepts besides; see `LoopSettings`."""

    rounds: int
    stop_below: float
    metric: Metric | None
    space: Space | Points[Any] | None
    optimizer: type[LLMOptimizer]
    kept_infos: int
    summarized_infos: int
    inputs_per_round: int
    points_per_round: int
    again_at_seeds: bool | None
    workers: int
    executor: Executor | None
    trusting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSettings:
    """How the loop goes about it."""

    rounds: int = 2
    """How many suggestions are asked for, at most."""
    stop_below: float = 0.5
    """It ends where the model thinks an improvement less probable than this."""
    metric: Metric | None = None
    """Scores a result, called with the task's parameters and what the task gave; None leaves it to the model."""
    space: Space | Points[Any] | None = None
    """What may be changed; None for the functions that the task uses at the seeds."""
    optimizer: type[LLMOptimizer] = LLMOptimizer
    """What the model is asked."""
    kept_infos: int = 10
    """How many of the latest runs stay when older ones are summed up."""
    summarized_infos: int = 20
    """How many runs there are when older ones are summed up."""
    inputs_per_round: int = 4
    """How many made-up inputs are tried in a round, at most."""
    points_per_round: int = 2
    """How many suggested hyperparameters are tried in a round, at most."""
    again_at_seeds: bool | None = None
    """Whether new hyperparameters are tried at the seeds too, so that scores can be compared; None where they count."""
    workers: int = 1
    """How many runs are under way at once, at most."""
    executor: Executor | None = None
    """Where they are carried out; None for threads of this process."""
    trusting: bool = False
    """Whether suggestions that were made of untrusted input are used: they would be orders to later calls."""

    def __post_init__(self) -> None:
        least = {"rounds": 0, "kept_infos": 1, "summarized_infos": 2, "inputs_per_round": 0, "points_per_round": 1}
        for name, low in {**least, "workers": 1}.items():
            found: object = getattr(self, name)
            if not isinstance(found, int) or isinstance(found, bool) or found < low:
                raise ConfigurationError(f"{name}={found!r} is no whole number from {low} on.")
        stop: Any = self.stop_below
        if not isinstance(stop, int | float) or isinstance(stop, bool) or not 0 <= stop <= 1:
            raise ConfigurationError(f"stop_below={stop!r} is no probability. Use a number from 0 to 1.")
        if self.kept_infos >= self.summarized_infos:
            raise ConfigurationError(
                f"kept_infos={self.kept_infos} leaves nothing to sum up of summarized_infos={self.summarized_infos}. "
                "Keep fewer."
            )
        if not isinstance(self.space, Space | None) and not callable(getattr(self.space, "merged", None)):
            raise ConfigurationError(f"space={shown(self.space)}: make a space by search_space(function, ...).")
        if self.metric is not None:
            FunctionScorer(self.metric)  # it says what is wrong with a metric

    @property
    def compares(self) -> bool:
        """Whether new hyperparameters are tried at the seeds too."""
        return self.metric is not None if self.again_at_seeds is None else self.again_at_seeds
