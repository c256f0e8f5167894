"""The parts of a planner, and who answers each of them."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 (read where the fields are looked at)
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llm_strategy.planner.parts.analyst import Analyst
from llm_strategy.planner.parts.architect import Architect
from llm_strategy.planner.parts.judge import Judge
from llm_strategy.planner.parts.writer import Writer

if TYPE_CHECKING:
    from llm_strategy.chat import ModelLike

__all__ = ["Parts"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What does the work: classes that a model implements, or objects of your own with the same members.

    >>> class Plain(Architect):
    ...     @staticmethod
    ...     def plan(task, product, requirements, files, advice, most):
    ...         return [PlannedStep(f"Write all of it: {task}", list(requirements))]
    >>> from llm_strategy.planner.parts import PlannedStep
    >>> Parts(architect=Plain).architect.plan("a game", "", {"R1": "It is fun."}, "", "", 3)
    [PlannedStep(do='Write all of it: a game', requirements=['R1'])]
    """

    analyst: Any = Analyst
    """Has `questions` and `requirements`."""
    architect: Any = Architect
    """Has `plan`, `review` and `replan`."""
    writer: Any = Writer
    """Has `work`, `work_briefly`, `work_as_data` and `note`."""
    judge: Any = Judge
    """Has `holds`."""
    models: Mapping[str, ModelLike] = field(default_factory=dict[str, "ModelLike"])
    """Models for some parts, by their names (`writer`), where not one is to answer them all."""
