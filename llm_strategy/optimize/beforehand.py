"""What can be known before a search begins: what is missing would show when the task was paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.chat import resolve
from llm_strategy.errors import ConfigurationError, NoModelError
from llm_strategy.optimize.engines import RandomProposer
from llm_strategy.optimize.metric import Judge, SelfEvaluation
from llm_strategy.optimize.proposers.llm import LLMProposer
from llm_strategy.optimize.proposers.optuna import OptunaProposer
from llm_strategy.optimize.proposers.tunable import tunable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.optimize.inputs import Inputs
    from llm_strategy.optimize.options import OptimizeOptions

__all__ = ["check_beforehand"]


def check_beforehand(inputs: Inputs, proposers: Mapping[str, Any], options: OptimizeOptions) -> None:
    """Check that there is something to draw for an engine that only draws, and that models can be found.

    The model of the task is looked for where it is named, and the task runs in this process: what a task asks by itself
    is not known here.

    Args:
        inputs: what the search begins with.
        proposers: who proposes, by name.
        options: the options of the call.

    Raises:
        NoModelError: nobody can be asked to propose, or to judge.
        UnknownModelError: the name of a model means nothing here.
        ConfigurationError: there is nothing to draw, or a model cannot be opened.
    """
    _check_drawable(inputs, proposers, options.get("engine", ""))
    scorer = inputs.scorer
    if any(isinstance(one, LLMProposer) for one in proposers.values()):
        _find(options.get("model"), "optimize(): a model is to propose better values, and there is none", "model=...")
    elif isinstance(scorer, SelfEvaluation):
        _find(
            scorer.model,
            "optimize(): there is neither a metric nor a judge, so that a model is to grade runs, and there is none",
            "metric=..., or model=...",
        )
    if isinstance(scorer, Judge):
        _find(scorer.model, "optimize(judge=Judge(...)): the judge has no model", "one as Judge(rubric, model)")
    named = options.get("task_model")
    if isinstance(named, str) and options.get("executor") is None:
        resolve(named)


def _check_drawable(inputs: Inputs, proposers: Mapping[str, Any], engine: str) -> None:
    if isinstance(proposers.get(engine), OptunaProposer | RandomProposer) and not tunable(inputs.space.leaves):
        kinds = ", ".join(sorted({leaf.kind for leaf in inputs.space.leaves}))
        raise ConfigurationError(
            f"optimize(engine={engine!r}): it draws numbers, switches and choices, and the space has none: it has "
            f"{kinds} only. Give bounds by search_space(..., bounds={{...}}), or leave the engine out."
        )


def _find(model: Any, problem: str, remedy: str) -> None:
    try:
        resolve(model)
    except NoModelError as error:
        raise NoModelError(
            f"{problem}. Pass {remedy}, set one for all calls with llm_strategy.use_model(...), or name one in the "
            "environment variable LLM_STRATEGY_MODEL. 'local' is the embedded model, 'openai:gpt-4o-mini' is a hosted "
            "one."
        ) from error
