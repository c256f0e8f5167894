"""The analyst: reads the task, asks what it leaves open, and says what the result has to do."""

from __future__ import annotations

from dataclasses import dataclass

from llm_strategy.strategy import llm_strategy

__all__ = ["Analyst", "OpenQuestion"]


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """Something that a task leaves open, and that changes the result."""

    question: str
    """One short question to the user."""
    default: str
    """The answer that is assumed where the user gives none."""


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
    def requirements(task: str, product: str, decisions: list[str]) -> list[str]:
        """List every feature that the result must have, each as one short sentence that a test could check.

        Take each feature that the task names, with the names, numbers and limits that it gives. Do not add features
        that nobody asked for, and do not name one twice.

        Args:
            task: what the user wants.
            product: what is to be built.
            decisions: what was settled about the task since then.
        """
        raise NotImplementedError
