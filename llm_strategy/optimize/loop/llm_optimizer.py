"""What a model is asked when it optimizes: LLM functions, whose own prompts are hyperparameters too."""

from __future__ import annotations

from typing import TypeVar

from llm_strategy.chat import ModelLike  # noqa: TC001 (read when it runs)
from llm_strategy.function import llm_explicit_function
from llm_strategy.optimize.loop.about_runs import about_runs
from llm_strategy.optimize.loop.grade import Grade  # noqa: TC001 (read when it runs)
from llm_strategy.optimize.loop.improvement_probability import ImprovementProbability  # noqa: TC001 (read when it runs)
from llm_strategy.optimize.loop.optimization_info import OptimizationInfo  # noqa: TC001 (read when it runs)
from llm_strategy.optimize.loop.optimization_step import OptimizationStep  # noqa: TC001 (read when it runs)
from llm_strategy.optimize.loop.task_reflection import TaskReflection  # noqa: TC001 (read when it runs)
from llm_strategy.optimize.loop.task_run import TaskRun  # noqa: TC001 (read when it runs)

__all__ = ["LLMOptimizer"]

P = TypeVar("P")
R = TypeVar("R")
H = TypeVar("H")


class LLMOptimizer:
    """What a model is asked about runs of a task. Types of the task go through: inputs in, inputs of that type out.

    Runs are shown as data, see `about_runs`. Subclass it to ask in other ways; to change only the wording, set
    hyperparameters of its functions in a scope.

    >>> from llm_strategy import Hyperparameters
    >>> scope = Hyperparameters()
    >>> scope[LLMOptimizer.reflect_on_task_run].instruction = "Say what went wrong, in one sentence for each field."
    """

    @about_runs
    @llm_explicit_function
    @staticmethod
    def reflect_on_task_run(model: ModelLike | None, task_run: TaskRun[P, R, H]) -> TaskReflection:
        """Think about one run of a task: what its outcome says about the hyperparameters.

        Judge the outcome by the task and its parameters, and by the feedback where there is any. Look for the cause in
        what the hyperparameters say or leave out. What helps only this one input helps nobody: look for what would help
        inputs like it.
        """
        raise NotImplementedError

    @about_runs
    @llm_explicit_function
    @staticmethod
    def grade_task_run(model: ModelLike | None, task_run: TaskRun[P, R, H]) -> Grade:
        """Grade the outcome of one run of a task by what the task and its parameters ask for.

        Be strict: a failed run gets 0, and an outcome that does not do what was asked gets less than 0.5.
        """
        raise NotImplementedError

    @about_runs
    @llm_explicit_function
    @staticmethod
    def summarize_optimization_info(model: ModelLike | None, optimization_info: OptimizationInfo[P, R, H]) -> str:
        """Sum up what the runs have taught so far.

        Your summary takes the place of all of them: keep what was tried, how well it did, and what is still open. Leave
        out what no later step could use.
        """
        raise NotImplementedError

    @about_runs
    @llm_explicit_function
    @staticmethod
    def suggest_next_optimization_step(
        model: ModelLike | None, optimization_info: OptimizationInfo[P, R, H]
    ) -> OptimizationStep[P, R, H]:
        """Suggest what to try next, so that the task turns out better.

        Find the commonest cause of bad runs, and change the hyperparameters that it comes from. The new values are used
        as they are, at inputs that nobody has seen yet: write them for the task in general, name no single input in
        them, and do not write about this optimization.
        """
        raise NotImplementedError

    @about_runs
    @llm_explicit_function
    @staticmethod
    def probability_for_improvement(
        model: ModelLike | None, optimization_info: OptimizationInfo[P, R, H]
    ) -> ImprovementProbability:
        """Guess how probable it is that the next steps find better hyperparameters.

        0 means that nothing is left to gain, 1 that something better is as good as found. Mind what was tried in vain.
        """
        raise NotImplementedError
