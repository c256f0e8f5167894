"""A run that a model looks at, with the thoughts on it that were written down when it was scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llm_strategy.optimize.loop.task_reflection import TaskReflection

if TYPE_CHECKING:
    from llm_strategy.optimize.loop.task_run import TaskRun
    from llm_strategy.optimize.rollouts.record import TaskRunRecord

__all__ = ["LookedAt", "reflection_in"]


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A run, and what is thought of it already."""

    run: TaskRun[Any, Any, Any]
    """The run."""
    key: str
    """Names the run, see `Order.key`."""
    reflection: TaskReflection | None = None
    """The thoughts on it; None where there are none yet."""


def reflection_in(record: TaskRunRecord) -> TaskReflection | None:
    """Return the reflection that a run was scored by; None where it was scored in another way."""
    known: Any = record["notes"].get("reflection")
    try:
        return None if known is None else TaskReflection.model_validate(known)
    except ValidationError:
        return None
