"""What is known when the next step is made."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from llm_strategy.optimize.loop.task_info import TaskInfo  # noqa: TC001 (read when it runs)
from llm_strategy.optimize.missing import MissingReport  # noqa: TC001 (read when it runs)

__all__ = ["OptimizationInfo", "ScoredHyperparameters", "TriedHypothesis"]

P = TypeVar("P")
R = TypeVar("R")
H = TypeVar("H")


class ScoredHyperparameters(BaseModel, Generic[H]):
    """Hyperparameters that were tried, with their score."""

    model_config = ConfigDict(arbitrary_types_allowed=True, ser_json_inf_nan="strings")

    hyperparameters: H = Field(description="The hyperparameters.")
    score: float = Field(description="The mean of their scores; more is better.")
    runs: int = Field(description="How many scores there are.")


class TriedHypothesis(BaseModel):
    """A hypothesis that was acted upon, with what came of it."""

    hypothesis: str = Field(description="What was thought to be wrong.")
    outcome: str = Field(description="What came of the change.")


class OptimizationInfo(BaseModel, Generic[P, R, H]):
    """Everything that is known so far about what makes runs good."""

    model_config = ConfigDict(arbitrary_types_allowed=True, ser_json_inf_nan="strings")

    older_task_summary: str | None = Field(
        default=None,
        description="What was learned from earlier runs that are not listed any more, so that nothing is tried twice.",
    )
    task_infos: list[TaskInfo[P, R, H]] = Field(description="The latest runs, each with the thoughts on it.")
    best_hyperparameters: H = Field(description="The best hyperparameters so far: what to start from.")
    best_score: float | None = Field(
        default=None, description="Their mean score, where scores are measured; more is better."
    )
    front: list[ScoredHyperparameters[H]] = Field(
        default_factory=list[ScoredHyperparameters[H]],
        description="Other hyperparameters that are the best at some of the inputs.",
    )
    hypotheses: list[TriedHypothesis] = Field(
        default_factory=list[TriedHypothesis], description="Hypotheses that were acted upon already. Find another one."
    )
    budget_left: float | None = Field(default=None, description="The share of the budget that is left, from 0 to 1.")
    missing_report: MissingReport | None = Field(
        default=None,
        description="What runs asked for and no hyperparameter covers: a text that can be changed may make up for it.",
    )
