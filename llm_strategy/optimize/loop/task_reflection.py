"""What a model makes of one call of the task."""

from __future__ import annotations

from pydantic import BaseModel, Field

__all__ = ["TaskReflection"]


class TaskReflection(BaseModel):
    """Thoughts on one run of the task: what is to be learned from it about the hyperparameters."""

    feedback: str = Field(
        description="Look at the returned value alone. Is it what the task and its parameters ask for? Was anything "
        "that the conversations hold lost on the way to it? What about it could be better?"
    )
    evaluation: str = Field(
        description="Your verdict on the outcome: does it do, what is wrong with it, and what does it lack?"
    )
    hyperparameter_suggestion: str = Field(
        description="Which hyperparameters you would change, and how, so that such runs turn out better."
    )
    hyperparameter_missing: str = Field(
        description="What should be adjustable and is not: things that would help, and that no hyperparameter covers. "
        "Empty where there is nothing."
    )
    hypothesis: str = Field(
        default="",
        description="The cause of what is wrong, as a label of a few words such as 'answers before it thinks'. Empty "
        "where nothing is wrong.",
    )
    grade: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Your verdict as a number: 0 for an outcome of no use, 1 for a perfect one.",
    )
