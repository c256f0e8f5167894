"""Requests that were under way when a run was killed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llm_strategy.flow.journal.difference import one_line

if TYPE_CHECKING:
    from typing import Self

    from llm_strategy.flow.journal.rows import StepRow

__all__ = ["InFlight"]


@dataclass(frozen=True, slots=True)
class InFlight:
    """A request that was sent, perhaps, and never answered: it may have been paid for, and is asked again."""

    step: str
    """Where it stands in its flow: the numbers of steps and branches."""
    flow: int
    """The number of the flow in the journal."""
    about: str
    """Who was asked what, in a few words."""
    began: datetime
    """When it was about to be sent."""

    @classmethod
    def of(cls, row: StepRow) -> Self:
        """Return the request of a row."""
        return cls(row.place, row.flow, one_line(row.kind, row.about()), datetime.fromtimestamp(row.began, UTC))
