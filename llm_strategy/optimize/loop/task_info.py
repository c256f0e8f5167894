"""A run of the task together with the thoughts on it: what the next step is made from."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field

from llm_strategy.optimize.loop.task_reflection import TaskReflection  # noqa: TC001 (read when it runs)
from llm_strategy.optimize.loop.task_run import TaskRun  # noqa: TC001 (read when it runs)

__all__ = ["TaskInfo", "info_of", "run_types"]

P = TypeVar("P")
R = TypeVar("R")
H = TypeVar("H")


class TaskInfo(BaseModel, Generic[P, R, H]):
    """What is left of a run for later steps: its outcome and the thoughts on it, without the conversations."""

    model_config = ConfigDict(arbitrary_types_allowed=True, ser_json_inf_nan="strings")

    task_parameters: P = Field(description="What the task was called with.")
    hyperparameters: H = Field(description="The hyperparameters that were in force.")
    results: R | None = Field(default=None, description="What the task gave; null where it failed.")
    exception: list[str] | str | None = Field(default=None, description="What went wrong, where the task failed.")
    expected: Any = Field(default=None, description="What it should have given, where that is known.")
    score: float | None = Field(
        default=None, description="How good the outcome is, where it was measured; more is better."
    )
    feedback: str = Field(default="", description="What the metric says of the outcome.")
    reflection: TaskReflection = Field(description="The thoughts on the run.")
    synthetic: bool = Field(default=False, repr=False)


_KEPT = ("task_parameters", "hyperparameters", "exception", "expected", "score", "feedback")


def info_of(run: TaskRun[P, R, H], reflection: TaskReflection) -> TaskInfo[P, R, H]:
    """Return what is kept of a run, with what its type variables stand for."""
    kept = {name: getattr(run, name) for name in _KEPT}
    made: Any = TaskInfo[run_types(run)]  # type: ignore[misc]  # known when it runs
    synthetic = run.split == "synthetic"
    info = made.model_construct(results=run.return_value, reflection=reflection, synthetic=synthetic, **kept)
    return cast("TaskInfo[P, R, H]", info)


def run_types(run: TaskRun[Any, Any, Any]) -> tuple[Any, Any, Any]:
    """Return what the type variables of a run stand for; Any where the run does not say."""
    arguments = type(run).__pydantic_generic_metadata__["args"]
    return cast("tuple[Any, Any, Any]", tuple(arguments) if arguments else (Any, Any, Any))
