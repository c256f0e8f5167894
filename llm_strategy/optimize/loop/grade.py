"""A grade for one run, where nothing else measures it."""

from __future__ import annotations

from pydantic import BaseModel, Field

__all__ = ["Grade"]


class Grade(BaseModel):
    """A verdict with its number."""

    verdict: str = Field(description="What is good about the outcome and what is not, in a sentence or two.")
    grade: float = Field(ge=0, le=1, description="0 for an outcome of no use, 1 for a perfect one.")
