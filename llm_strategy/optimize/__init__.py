"""The meta-optimizer: runs of a task in, better hyperparameters out, with what they gain and how sure that is.

The names below are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_strategy.optimize.budget import Budget as Budget
    from llm_strategy.optimize.case import Case as Case
    from llm_strategy.optimize.data import Dataset as Dataset
    from llm_strategy.optimize.data import dataset as dataset
    from llm_strategy.optimize.data import split as split
    from llm_strategy.optimize.loop import ImprovementProbability as ImprovementProbability
    from llm_strategy.optimize.loop import LLMOptimizer as LLMOptimizer
    from llm_strategy.optimize.loop import OptimizationInfo as OptimizationInfo
    from llm_strategy.optimize.loop import OptimizationStep as OptimizationStep
    from llm_strategy.optimize.loop import TaskInfo as TaskInfo
    from llm_strategy.optimize.loop import TaskReflection as TaskReflection
    from llm_strategy.optimize.loop import TaskRun as TaskRun
    from llm_strategy.optimize.loop import optimize_hyperparameters as optimize_hyperparameters
    from llm_strategy.optimize.metric import Judge as Judge
    from llm_strategy.optimize.metric import Score as Score
    from llm_strategy.optimize.missing import MissingReport as MissingReport
    from llm_strategy.optimize.optimizing import optimize as optimize
    from llm_strategy.optimize.options import OptimizeOptions as OptimizeOptions
    from llm_strategy.optimize.proposers import Proposer as Proposer
    from llm_strategy.optimize.proposers.llm_settings import LLMProposerSettings as LLMProposerSettings
    from llm_strategy.optimize.report.report import OptimizationReport as OptimizationReport
    from llm_strategy.optimize.rollouts import current_rollout as current_rollout
    from llm_strategy.optimize.search.settings import SearchSettings as SearchSettings
    from llm_strategy.optimize.space import Log as Log
    from llm_strategy.optimize.space import Space as Space
    from llm_strategy.optimize.space import search_space as search_space
    from llm_strategy.optimize.synthetic import SyntheticCases as SyntheticCases

__all__ = [
    "Budget",
    "Case",
    "Dataset",
    "ImprovementProbability",
    "Judge",
    "LLMOptimizer",
    "LLMProposerSettings",
    "Log",
    "MissingReport",
    "OptimizationInfo",
    "OptimizationReport",
    "OptimizationStep",
    "OptimizeOptions",
    "Proposer",
    "Score",
    "SearchSettings",
    "Space",
    "SyntheticCases",
    "TaskInfo",
    "TaskReflection",
    "TaskRun",
    "current_rollout",
    "dataset",
    "optimize",
    "optimize_hyperparameters",
    "search_space",
    "split",
]

_HOMES = {
    "Budget": "budget",
    "Case": "case",
    "Dataset": "data",
    "ImprovementProbability": "loop",
    "Judge": "metric",
    "LLMOptimizer": "loop",
    "LLMProposerSettings": "proposers.llm_settings",
    "Log": "space",
    "MissingReport": "missing",
    "OptimizationInfo": "loop",
    "OptimizationReport": "report.report",
    "OptimizationStep": "loop",
    "OptimizeOptions": "options",
    "Proposer": "proposers",
    "Score": "metric",
    "SearchSettings": "search.settings",
    "Space": "space",
    "SyntheticCases": "synthetic",
    "TaskInfo": "loop",
    "TaskReflection": "loop",
    "TaskRun": "loop",
    "current_rollout": "rollouts",
    "dataset": "data",
    "optimize": "optimizing",
    "optimize_hyperparameters": "loop",
    "search_space": "space",
    "split": "data",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
