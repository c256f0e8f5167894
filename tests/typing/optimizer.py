"""What type checkers say about the optimizer's loop; mypy and pyright read this file, a test runs it."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_type

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel

from llm_strategy import Hyperparameters, ModelLike, llm_explicit_function, llm_function
from llm_strategy.optimize.loop import (
    Grade,
    ImprovementProbability,
    LLMOptimizer,
    LoopReport,
    OptimizationInfo,
    OptimizationStep,
    TaskReflection,
    TaskRun,
    about_runs,
    optimize_hyperparameters,
)


class EssayInputs(BaseModel):
    topic: str


@llm_function
def write(model: ModelLike | None, topic: str) -> str:
    """Write."""
    raise NotImplementedError


def task(model: ModelLike, inputs: EssayInputs) -> str:
    return write(model, inputs.topic)


def task_without(model: ModelLike | None, inputs: EssayInputs) -> str:
    return write(model, inputs.topic)


def task_of_chat(model: BaseChatModel, inputs: EssayInputs) -> int:
    return len(write(model, inputs.topic))


class Terse(LLMOptimizer):
    @about_runs
    @llm_explicit_function
    @staticmethod
    def reflect_on_task_run(model: ModelLike | None, task_run: TaskRun[Any, Any, Any]) -> TaskReflection:
        """Say what went wrong, in one sentence for each field."""
        raise NotImplementedError


def loops(model: BaseChatModel, seeds: list[EssayInputs]) -> None:
    """A task may say what its model is; parameters and results go through."""
    best, report = optimize_hyperparameters("local", "local", task, seeds, rounds=1, optimizer=Terse)
    assert_type(best, Hyperparameters)
    assert_type(report, LoopReport[EssayInputs, str, Any])
    assert_type(report.runs[0].task_parameters, EssayInputs)
    assert_type(optimize_hyperparameters(None, None, task_without, seeds)[1].runs[0].return_value, str | None)
    assert_type(optimize_hyperparameters(None, "local", task_without, seeds)[1].runs[0].return_value, str | None)
    assert_type(optimize_hyperparameters(None, model, task_of_chat, seeds)[1].runs[0].return_value, int | None)
    assert_type(report.to_json(), str)
    assert_type(LoopReport.from_json("{}"), LoopReport[Any, Any, Any])


def questions(
    run: TaskRun[EssayInputs, int, str], info: OptimizationInfo[EssayInputs, int, str], own: LLMOptimizer
) -> None:
    """The questions of an optimizer are the same on the class and on an object, and types go through."""
    assert_type(LLMOptimizer.reflect_on_task_run("local", run), TaskReflection)
    assert_type(own.reflect_on_task_run("local", run), TaskReflection)
    assert_type(Terse().reflect_on_task_run(None, task_run=run), TaskReflection)
    assert_type(own.grade_task_run("local", run), Grade)
    assert_type(own.summarize_optimization_info("local", info), str)
    assert_type(own.suggest_next_optimization_step("local", info), OptimizationStep[EssayInputs, int, str])
    assert_type(
        own.suggest_next_optimization_step.using(attempts=2)("local", info), OptimizationStep[EssayInputs, int, str]
    )
    assert_type(own.probability_for_improvement("local", info), ImprovementProbability)


if TYPE_CHECKING:
    # Each line is wrong; a checker that finds nothing wrong in it complains about the comment.
    _seeds = [EssayInputs(topic="Bees")]
    _run = TaskRun[str, int, str](task_parameters="2", hyperparameters="Think.")
    optimize_hyperparameters("local", "local", task_of_chat, _seeds)  # type: ignore[arg-type]
    optimize_hyperparameters("local", "local", task, ["Bees"])  # type: ignore[arg-type]
    optimize_hyperparameters("local", "local", task, _seeds, rouds=3)  # type: ignore[call-arg]
    LLMOptimizer().reflect_on_task_run("local", "a run")  # type: ignore[arg-type]
    LLMOptimizer().reflect_on_task_run("local")  # type: ignore[call-arg]
    LLMOptimizer().summarize_optimization_info("local", _run)  # type: ignore[arg-type]
