"""What `optimize_hyperparameters` did and found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from llm_strategy.optimize.missing import MissingReport, missing_report

if TYPE_CHECKING:
    from llm_strategy.optimize.loop.improvement_probability import ImprovementProbability
    from llm_strategy.optimize.loop.optimization_info import OptimizationInfo, ScoredHyperparameters
    from llm_strategy.optimize.loop.optimization_step import OptimizationStep
    from llm_strategy.optimize.loop.task_info import TaskInfo
    from llm_strategy.optimize.loop.task_run import TaskRun
    from llm_strategy.optimize.search.orders import Usage

__all__ = ["ChosenBy", "LoopReport"]

P = TypeVar("P")
R = TypeVar("R")
H = TypeVar("H")

ChosenBy = Literal["metric", "self-evaluation", "model"]
"""Who says which hyperparameters are the best: a metric, grades in reflections, or a suggestion."""


@dataclass(frozen=True, slots=True)
class LoopReport(Generic[P, R, H]):
    """What was tried, what came of it, and how the best was chosen."""

    best_hyperparameters: H
    """The best hyperparameters, as a point."""
    chosen_by: ChosenBy
    """Who says so."""
    reason: str
    """Why it ended: `rounds`, `improvement is improbable`, `budget`, or what kept the optimizer from going on."""
    runs: tuple[TaskRun[P, R, H], ...]
    """Every run of the task, in order."""
    task_infos: tuple[TaskInfo[P, R, H], ...]
    """The runs that were reflected on."""
    steps: tuple[OptimizationStep[P, R, H], ...]
    """The suggestions."""
    probabilities: tuple[ImprovementProbability, ...]
    """How probable an improvement was thought to be after each round."""
    scores: tuple[ScoredHyperparameters[H], ...]
    """What has scores, the best first."""
    info: OptimizationInfo[P, R, H]
    """What is known at the end: the optimizer can go on from here."""
    problems: tuple[str, ...]
    """What did not work on the way, and was gone on without."""
    task_usage: Usage
    """What the task has cost."""
    optimizer_usage: Usage
    """What reflections and suggestions have cost."""

    @property
    def missing(self) -> MissingReport:
        """What runs asked for and no hyperparameter covers, the most wanted first."""
        return missing_of(self.task_infos)

    def __str__(self) -> str:
        made_up = sum(run.split == "synthetic" for run in self.runs)
        failed = sum(run.failed for run in self.runs)
        lines = [
            f"{len(self.runs)} runs ({made_up} at made-up inputs, {failed} failed), {len(self.steps)} suggestions",
            f"ended by: {self.reason}",
            f"best hyperparameters chosen by: {self.chosen_by}",
            *(f"score {one.score:.3f} over {one.runs} runs" for one in self.scores[:1]),
            *(f"probability of improvement: {one.probability:g}" for one in self.probabilities[-1:]),
            f"task: {_cost(self.task_usage)}; optimizer: {_cost(self.optimizer_usage)}",
            *(f"missing: {one.wish} ({one.runs} runs)" for one in self.missing.wishes[:3]),
            *(f"problem: {one}" for one in self.problems[:5]),
        ]
        return "\n".join(lines)


def missing_of(infos: tuple[TaskInfo[P, R, H], ...]) -> MissingReport:
    """Rank what reflections found missing."""
    answers = [
        (one.reflection.hyperparameter_missing, one.reflection.grade if one.score is None else one.score)
        for one in infos
    ]
    known = [score for _, score in answers if score is not None]
    return missing_report(answers, worst=min(0.0, *known, 0.0), best=max(1.0, *known, 1.0))


def _cost(usage: Usage) -> str:
    money = "price unknown" if usage.dollars is None else f"${usage.dollars:.4f}"
    return f"{usage.calls} calls, {usage.tokens} tokens, {money}"
