"""The optimizer: the typed loop in which a model looks at runs of a task and suggests other hyperparameters."""

from llm_strategy.optimize.loop.about_runs import RunQuestion as RunQuestion
from llm_strategy.optimize.loop.about_runs import about_runs as about_runs
from llm_strategy.optimize.loop.grade import Grade as Grade
from llm_strategy.optimize.loop.improvement_probability import ImprovementProbability as ImprovementProbability
from llm_strategy.optimize.loop.llm_optimizer import LLMOptimizer as LLMOptimizer
from llm_strategy.optimize.loop.loop_report import LoopReport as LoopReport
from llm_strategy.optimize.loop.loop_settings import LoopOptions as LoopOptions
from llm_strategy.optimize.loop.loop_settings import LoopSettings as LoopSettings
from llm_strategy.optimize.loop.optimization_info import OptimizationInfo as OptimizationInfo
from llm_strategy.optimize.loop.optimization_info import ScoredHyperparameters as ScoredHyperparameters
from llm_strategy.optimize.loop.optimization_info import TriedHypothesis as TriedHypothesis
from llm_strategy.optimize.loop.optimization_step import OptimizationStep as OptimizationStep
from llm_strategy.optimize.loop.optimize_hyperparameters import optimize_hyperparameters as optimize_hyperparameters
from llm_strategy.optimize.loop.points import Points as Points
from llm_strategy.optimize.loop.points import SpacePoints as SpacePoints
from llm_strategy.optimize.loop.task_info import TaskInfo as TaskInfo
from llm_strategy.optimize.loop.task_reflection import TaskReflection as TaskReflection
from llm_strategy.optimize.loop.task_run import TaskRun as TaskRun
