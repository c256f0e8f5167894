"""`optimize_hyperparameters`: a model improves the hyperparameters of a task by looking at its runs."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from llm_strategy.errors import ConfigurationError, InputError, UntrustedInputError
from llm_strategy.hyperparameters.mistakes import near
from llm_strategy.optimize.loop.experiment import Experiment
from llm_strategy.optimize.loop.loop import Loop
from llm_strategy.optimize.loop.loop_report import LoopReport
from llm_strategy.optimize.loop.loop_settings import LoopOptions, LoopSettings
from llm_strategy.optimize.loop.task_types import parameters_type, result_type
from llm_strategy.optimize.rollouts.task_call import TaskCall
from llm_strategy.optimize.search.orders import Usage
from llm_strategy.schema import is_untrusted
from llm_strategy.tracing import trace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llm_strategy.chat import ModelLike
    from llm_strategy.hyperparameters import Hyperparameters

__all__ = ["optimize_hyperparameters"]

M = TypeVar("M", bound="ModelLike | None")
P = TypeVar("P")
R = TypeVar("R")


def optimize_hyperparameters(
    chat_model: ModelLike | None,
    task_chat_model: M,
    task_executor: Callable[[M, P], R],
    seed_task_parameters: Sequence[P],
    **options: Unpack[LoopOptions],
) -> tuple[Hyperparameters, LoopReport[P, R, Any]]:
    """Let a model improve the hyperparameters of a task by looking at its runs.

    The task is carried out at the seeds, and whatever hyperparameters it uses are what may change. The model reflects
    on each run, and suggests other values together with new inputs to try them at. With a metric, scores decide what
    is best, and new values are tried at the seeds as well; without one it is the model's own opinion, and the report
    says so. There is no held-out set here: `llm_strategy.optimize.optimize` is for results that have to hold.

    What a task raises is data about its hyperparameters. Where a budget is used up, what was found so far is returned.

    Args:
        chat_model: who reflects and suggests; None for the default model.
        task_chat_model: who answers inside the task; None for the default model.
        task_executor: the task: called with `task_chat_model` and one of the parameters. It may be async, and may give
            its value one by one.
        seed_task_parameters: inputs to begin with. Where their class does not say what is in them, as a list does not,
            the annotation of the task does.
        **options: see `LoopSettings`.

    Returns:
        A scope of the best hyperparameters (`with best: ...`), and a `LoopReport`.

    Raises:
        ConfigurationError: the task is nothing that can be called, or uses no hyperparameters; an option is not known,
            or has an impossible value; the metric gave no score.
        InputError: there are no inputs.
        BudgetExceededError: a budget ends before the task was carried out at the seeds.
        UntrustedInputError: the inputs are untrusted, and `trusting=True` was not set.
        Exception: what the metric raises, with a note that says at which input.
    """
    _check_options(options)
    settings = LoopSettings(**options)
    seeds = list(seed_task_parameters)
    _check(seeds, settings)
    experiment = Experiment(partial(_carried_out, TaskCall(task_executor), task_chat_model), settings.metric)
    types = parameters_type(task_executor, seeds), result_type(task_executor)
    loop = Loop(chat_model, experiment, seeds, types, settings)
    with trace("optimize_hyperparameters") as recorded:
        reason = loop.run()
    sums = recorded.totals
    spent = Usage(sums.chats, sums.input_tokens + sums.output_tokens, sums.cost, sums.seconds)
    report = _report(loop, reason, spent)
    assert loop.points is not None  # noqa: S101 (it has begun)
    return loop.points.scope(report.best_hyperparameters), report


def _carried_out(call: TaskCall, model: ModelLike | None, parameters: Any) -> Any:
    return call.outcome((model, parameters), {})


def _report(loop: Loop[P, R], reason: str, spent: Usage) -> LoopReport[P, R, Any]:
    task = sum((run.usage for run in loop.runs), Usage())
    money = None if spent.dollars is None or task.dollars is None else max(0.0, spent.dollars - task.dollars)
    optimizer = Usage(spent.calls - task.calls, spent.tokens - task.tokens, money, spent.seconds)
    return LoopReport(
        best_hyperparameters=loop.best,
        chosen_by=loop.chosen_by,
        reason=reason,
        runs=tuple(loop.runs),
        task_infos=tuple(loop.infos),
        steps=tuple(loop.steps),
        probabilities=tuple(loop.probabilities),
        scores=tuple(loop.standings.ranked),
        info=loop.info(),
        problems=tuple(loop.problems),
        task_usage=task,
        optimizer_usage=optimizer,
    )


def _check_options(options: LoopOptions) -> None:
    known = [one.name for one in fields(LoopSettings)]
    unknown = next((name for name in options if name not in known), None)
    if unknown is not None:
        raise ConfigurationError(
            f"optimize_hyperparameters() has no option {unknown!r}. {near(unknown, known)}It has "
            f"{', '.join(map(repr, known))}."
        )


def _check(seeds: list[Any], settings: LoopSettings) -> None:
    if not seeds:
        raise InputError("seed_task_parameters: there are no inputs to begin with. Give one or two typical ones.")
    if not settings.trusting and is_untrusted(seeds):
        raise UntrustedInputError(
            "seed_task_parameters hold untrusted input. What a model suggests after it has read that would be an order "
            "to all later calls. Pass trusting=True where you look at the outcome yourself, or trust(...) the inputs."
        )
