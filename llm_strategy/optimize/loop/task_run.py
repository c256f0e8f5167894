"""One call of the task, as the optimizer sees it: what went in, what came out, and what was said in between."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from llm_strategy.optimize.search.orders import Split, Usage

__all__ = ["TaskRun"]

P = TypeVar("P")
R = TypeVar("R")
H = TypeVar("H")


class TaskRun(BaseModel, Generic[P, R, H]):
    """A call of the task under some hyperparameters. Better ones are found by looking at these.

    What only keeps the books (usage, seed, split, candidate) is not shown to models.

    >>> run = TaskRun[str, int, str](task_parameters="2 + 2", hyperparameters="Think.", return_value=4)
    >>> run.failed, run.split
    (False, 'train')
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, ser_json_inf_nan="strings")

    task_parameters: P = Field(description="What the task was called with.")
    hyperparameters: H = Field(description="The hyperparameters that were in force: what we look for better values of.")
    all_chat_chains: dict[str, Any] = Field(
        default_factory=dict[str, Any], description="What was said to models meanwhile, and what they said."
    )
    return_value: R | None = Field(default=None, description="What the task gave; null where it failed.")
    exception: list[str] | str | None = Field(default=None, description="What went wrong, where the task failed.")
    expected: Any = Field(default=None, description="What it should have given, where that is known.")
    score: float | None = Field(
        default=None, description="How good the outcome is, where it was measured; more is better."
    )
    feedback: str = Field(default="", description="What the metric says of the outcome.")
    usage: Usage = Field(default_factory=Usage, repr=False)
    seed: int | None = Field(default=None, repr=False)
    split: Split = Field(default="train", repr=False)
    candidate: str = Field(default="", repr=False)
    untrusted: bool = Field(default=False, repr=False)

    @property
    def failed(self) -> bool:
        """Whether the task raised something."""
        return bool(self.exception)
