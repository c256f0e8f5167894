"""The architect: writes the program that leads from the task to the result, and plans anew where it does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from llm_strategy.strategy import llm_strategy

__all__ = ["Architect", "PlannedStep"]


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One piece of work, small enough to be done in one go."""

    do: Annotated[
        str,
        Field(
            description="what is to be written into which files, in a sentence or two without code, such as 'Write "
            "prices.py with total(prices), which adds them up with the tax, and its tests in tests/test_prices.py.'"
        ),
    ]
    requirements: Annotated[list[str], Field(description="ids of the requirements that it serves, such as R1")] = field(
        default_factory=list[str]
    )


@llm_strategy()
class Architect:
    """Plans work."""

    @staticmethod
    def plan(
        task: str, product: str, requirements: dict[str, str], files: str, advice: str, most: int
    ) -> list[PlannedStep]:
        """Plan how to build the product: tell its steps, in the order in which they are done.

        A step is given alone to a programmer or author who knows the task and sees the files, but not your other
        steps; so each says by itself, in words, what is to be written, and into which files. Write no code and no text
        of the product yourself. Name for each step the requirements that it serves. Every requirement needs a step. Use
        as few steps as do the work well.

        Args:
            task: what the user wants.
            product: what is to be built.
            requirements: what the result has to do, by id.
            files: the files that are there already.
            advice: how such a product is planned.
            most: how many steps there may be.
        """
        raise NotImplementedError

    @staticmethod
    def review(
        task: str, requirements: dict[str, str], steps: list[PlannedStep], uncovered: list[str], most: int
    ) -> list[PlannedStep]:
        """Improve a plan, and return the whole of it.

        Look for requirements that no step serves, steps that are too large for one go or say too little, steps that
        come before what they need, and work that is planned twice. Where the plan is good, return it as it is.

        Args:
            task: what the user wants.
            requirements: what the result has to do, by id.
            steps: the plan.
            uncovered: ids of requirements that no step serves.
            most: how many steps there may be.
        """
        raise NotImplementedError

    @staticmethod
    def replan(
        task: str, requirements: dict[str, str], done: list[str], still: list[str], problem: str, most: int
    ) -> list[PlannedStep]:
        """Plan the rest of the work anew, since something went wrong, and return the steps that are still to be done.

        Find another way where one failed: smaller steps, another order, other files. Leave out what is done.

        Args:
            task: what the user wants.
            requirements: what the result has to do, by id.
            done: what was done so far.
            still: what was planned next, and what failed.
            problem: what went wrong, or what is to change.
            most: how many steps there may be.
        """
        raise NotImplementedError
