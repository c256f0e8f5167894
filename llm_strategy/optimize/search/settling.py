"""What becomes of candidates, written down alike by all searches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.optimize.search.asking import note
from llm_strategy.optimize.search.standing import estimate

if TYPE_CHECKING:
    from llm_strategy.optimize.search.asking import Steps
    from llm_strategy.optimize.search.record import Record
    from llm_strategy.optimize.search.run import Run

__all__ = ["settled"]


def settled(run: Run, record: Record, end: str = "") -> Steps[None]:
    """Write down what became of a candidate.

    Args:
        run: the search.
        record: the candidate.
        end: why it is rejected; '' where it is accepted.
    """
    record.fate = end or "pool"
    record.pool = not end
    record.racing = False
    record.spent = run.spending.spent
    run.tell(record)
    data = {"number": record.number, "fate": record.fate, "mean": estimate(run, record), "step": run.step}
    yield from note("rejected" if end else "accepted", data)
