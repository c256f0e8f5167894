"""The analyst: reads the task, asks what it leaves open, and says what the result has to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from llm_strategy.strategy import llm_strategy

__all__ = ["Analyst", "OpenQuestion"]


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """Something that a task leaves open, and that changes the result."""

    question: Annotated[str, Field(description="one short question to the user")]
    default: Annotated[str, Field(description="the answer that is assumed where the user gives none")]


@llm_strategy()
class Analyst:
    """Reads tasks."""

    @staticmethod
    def questions(task: str, product: str, most: int) -> list[OpenQuestion]:
        """List what the task leaves open, as questions to the user, each with a sensible default answer.

        Ask only where the answer changes what is built, the most important question first. Do not ask what the task
        says already. Give an empty list where the task is clear.

        Args:
            task: what the user wants.
            product: what is to be built.
            most: how many questions there may be.
        """
        raise NotImplementedError

    @staticmethod
    def requirements(product: str, decisions: list[str], task: str) -> list[str]:
        """Break the task up into features: what a user can do with the product, and what has to happen then.

        Give one short sentence for each, which a test could check, with the names, numbers and formats of the task. So
        "a counter with `up` and `down` that never falls below 0" has three: "`up` adds 1 to the counter.", "`down`
        takes 1 away.", "The counter never falls below 0." Leave out how the product is made, and what nobody asked for.

        Args:
            product: the kind of thing that is built, which is no feature.
            decisions: what was settled about the task.
            task: what the user wants. Take it apart.
        """
        raise NotImplementedError
