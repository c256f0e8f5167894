"""What to try next."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["OptimizationStep"]

P = TypeVar("P")
R = TypeVar("R")
H = TypeVar("H")


class OptimizationStep(BaseModel, Generic[P, R, H]):
    """What to try next: new hyperparameters, and new inputs to try them at.

    >>> step = OptimizationStep[str, str, int](
    ...     suggestion="Go up.", hyperparameter_suggestions=[2], hypotheses=["too low"]
    ... )
    >>> step.labelled()
    [(2, 'too low')]
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    best_hyperparameters: H | None = Field(
        default=None, description="The best ones of all that were tried; null where these are the best ones given."
    )
    suggestion: str = Field(
        description="What the next experiments should find out, step by step: what you would change, and why. Each set "
        "of hyperparameters will be tried at several inputs."
    )
    task_parameters_suggestions: list[P] = Field(  # pyright: ignore[reportUnknownVariableType]  # it is a list[P]
        default_factory=list,
        description="Up to 4 new inputs that would tell good hyperparameters from bad ones.",
    )
    hyperparameter_suggestions: list[H] = Field(
        description="One or two sets of hyperparameters to try, each with an idea of its own. What is left out stays."
    )
    hypotheses: list[str] = Field(
        default_factory=list[str],
        description="For each set, in the same order: what is wrong now and better with it, as a label of a few words.",
    )

    def labelled(self) -> list[tuple[H, str]]:
        """Return the suggested hyperparameters, each with its hypothesis; '' where there is none."""
        labels = [*self.hypotheses, *[""] * len(self.hyperparameter_suggestions)]
        return list(zip(self.hyperparameter_suggestions, labels, strict=False))
