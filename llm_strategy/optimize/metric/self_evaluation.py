"""Scores of runs that nobody measures: the optimizer's own opinion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import InputError
from llm_strategy.optimize.loop.llm_optimizer import LLMOptimizer
from llm_strategy.optimize.loop.recorded_run import recorded_run
from llm_strategy.optimize.metric.facts import MetricFacts
from llm_strategy.optimize.metric.judge import NO_VERDICT
from llm_strategy.optimize.metric.score import Score
from llm_strategy.optimize.metric.scorer import Scored, Subject
from llm_strategy.schema.untrusted_text import plain_text

if TYPE_CHECKING:
    from llm_strategy.chat import ModelLike
    from llm_strategy.optimize.loop.grade import Grade
    from llm_strategy.optimize.loop.task_reflection import TaskReflection
    from llm_strategy.optimize.loop.task_run import TaskRun

__all__ = ["SelfEvaluation"]


@dataclass(frozen=True)
class SelfEvaluation:
    """Scores each run by what the optimizer thinks of it, where there is neither a metric nor a judge.

    The model reflects on the run, as it does when it looks for better values, and grades it from 0 to 1. It sees the
    hyperparameters, and may be taken in by what they promise: such a score is no measurement, and reports say so.

    A reflection is kept in the notes of the run's record, so that it need not be made again.
    """

    model: ModelLike | None = None
    """Who reflects; None for the model in force."""
    loop: type[LLMOptimizer] | LLMOptimizer = LLMOptimizer
    """What is asked, and how."""

    needs_reference = False
    self_evaluated = True

    @property
    def facts(self) -> MetricFacts:
        """What is known of its scores."""
        return MetricFacts(failure=0.0, low=0.0, perfect=1.0)

    def score_run(self, subject: Subject) -> Scored:
        """Reflect on a run, and grade it.

        Raises:
            InputError: there is no record of the run: this is no function of a case and a result.
            LLMStrategyError: nobody answers.
        """
        if subject.record is None:
            raise InputError("A SelfEvaluation looks at whole runs, and cannot score a result by itself. Use a Judge.")
        point: Any = {} if subject.scope is None else subject.scope.model_dump(mode="json", exclude_unset=True)
        run = recorded_run(subject.record, point, (Any, Any)).model_copy(update={"score": None})
        asked: Any = self.loop
        try:
            reflection: TaskReflection = asked.reflect_on_task_run(self.model, run)
            grade = self._grade(run, reflection)
        except NO_VERDICT as error:
            told = f"{type(error).__name__}: {error}"
            return Scored(Score(0.0, f"The run could not be graded: {type(error).__name__}."), {"error": told})
        feedback = plain_text(reflection.evaluation)
        return Scored(Score(grade, feedback), {"reflection": reflection.model_dump(mode="json")})

    def _grade(self, run: TaskRun[Any, Any, Any], reflection: TaskReflection) -> float:
        """Return the grade; where the reflection has none, ask for it."""
        if reflection.grade is not None:
            return reflection.grade
        asked: Any = self.loop
        grade: Grade = asked.grade_task_run(self.model, run)
        return grade.grade
