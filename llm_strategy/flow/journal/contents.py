"""What a journal holds, for people: it is read, and nothing in it changes, while a run may be writing to it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from llm_strategy.flow.journal.database import open_journal, told_by_path
from llm_strategy.flow.journal.difference import one_line
from llm_strategy.flow.journal.rows import every_step, number_of_runs
from llm_strategy.flow.journal.totals import Sums, spent_of

if TYPE_CHECKING:
    from pathlib import Path

    from llm_strategy.flow.journal.rows import StepRow
    from llm_strategy.flow.journal.totals import RunTotals, Spent

__all__ = ["JournalContents", "JournalStep", "journal_contents"]


@dataclass(frozen=True, slots=True)
class JournalStep:
    """One request of a journal."""

    flow: int
    """Number of its flow."""
    step: str
    """Where it stands in it."""
    about: str
    """Who was asked what, in a few words."""
    state: Literal["answered", "closed early", "failed", "under way"]
    """What became of it."""
    began: datetime
    """When it was about to be sent."""
    seconds: float | None
    """How long it took."""
    tokens: int | None
    """Tokens of prompt and reply; None where they are not known."""


@dataclass(frozen=True, slots=True)
class JournalContents:
    """What a journal holds."""

    runs: int
    """How often the program was started."""
    steps: tuple[JournalStep, ...]
    """The requests, in the order in which they were first sent."""
    totals: RunTotals
    """What all that was answered has cost."""


def journal_contents(path: Path) -> JournalContents:
    """Return what a journal holds.

    Raises:
        JournalError: the file is no journal, or cannot be read.
        StoredDataError: what is stored there does not fit.
    """
    sums, steps = Sums(), list[JournalStep]()
    with closing(open_journal(path, reading=True)) as connection, told_by_path(path):
        for row in every_step(connection):
            spent = spent_of(row.kind, row.about(), row.answer(), row.where) if row.is_answered else None
            if spent is not None:
                sums.add(spent, replayed=False)
            steps.append(_step(row, spent))
        return JournalContents(number_of_runs(connection), tuple(steps), sums.totals())


def _step(row: StepRow, spent: Spent | None) -> JournalStep:
    state: Literal["answered", "closed early", "failed", "under way"]
    if row.is_answered:
        state = "closed early" if row.is_partial else "answered"
    else:
        state = "failed" if row.has_failed else "under way"
    return JournalStep(
        flow=row.flow,
        step=row.place,
        about=one_line(row.kind, row.about()),
        state=state,
        began=datetime.fromtimestamp(row.began, UTC),
        seconds=None if row.ended is None else max(0.0, row.ended - row.began),
        tokens=None if spent is None or not spent.is_measured else spent.usage.input_tokens + spent.usage.output_tokens,
    )
