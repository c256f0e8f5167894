"""How probable it is that going on is worth it."""

from __future__ import annotations

from pydantic import BaseModel, Field

__all__ = ["ImprovementProbability"]


class ImprovementProbability(BaseModel):
    """A model's guess at whether the next steps will find something better."""

    considerations: list[str] = Field(description="What speaks for further improvement, and what against it; be brief.")
    probability: float = Field(ge=0, le=1, description="How probable an improvement is, from 0 to 1.")
