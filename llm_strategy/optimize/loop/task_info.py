"""A run of the task together with the thoughts on it: what the next step is made from."""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field

from llm_strategy.optimize.loop.task_reflection import TaskReflection  # noqa: TC001 (read when it runs)
from llm_strategy.optimize.loop.task_run import TaskRun  # noqa: TC001 (read when it runs)

__all__ = ["TaskInfo"]

P = TypeVar("P")
R = TypeVar("R")
H = TypeVar("H")


class TaskInfo(BaseModel, Generic[P, R, H]):
    """What is left of a run for later steps: its outcome and the thoughts on it, without the conversations."""

    model_config = ConfigDict(arbitrary_types_allowed=True, ser_json_inf_nan="strings")

    task_parameters: P = Field(description="What the task was called with.")
    hyperparameters: H = Field(description="The hyperparameters that were in force.")
    results: R | None = Field(None, description="What the task gave; null where it failed.")
    exception: list[str] | str | None = Field(None, description="What went wrong, where the task failed.")
    expected: Any = Field(None, description="What it should have given, where that is known.")
    score: float | None = Field(None, description="How good the outcome is, where it was measured; more is better.")
    feedback: str = Field("", description="What the metric says of the outcome.")
    reflection: TaskReflection = Field(description="The thoughts on the run.")
    synthetic: bool = Field(False, repr=False)

    @classmethod
    def of(cls, run: TaskRun[P, R, H], reflection: TaskReflection) -> Self:
        """Return what is kept of a run, with the type variables that the run has."""
        kept = {name: getattr(run, name) for name in _KEPT}
        made: Any = cls[run_types(run)]  # type: ignore[index]  # known when it runs
        info = made(results=run.return_value, reflection=reflection, synthetic=run.split == "synthetic", **kept)
        return cast("Self", info)


_KEPT = ("task_parameters", "hyperparameters", "exception", "expected", "score", "feedback")


def run_types(run: TaskRun[Any, Any, Any]) -> tuple[Any, Any, Any]:
    """Return what the type variables of a run stand for; Any where the run does not say."""
    arguments = type(run).__pydantic_generic_metadata__["args"]
    return cast("tuple[Any, Any, Any]", tuple(arguments) if arguments else (Any, Any, Any))
