"""What becomes of candidates, written down alike by all engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.optimize.search.asking import note
from llm_strategy.optimize.search.standing import estimate

if TYPE_CHECKING:
    from llm_strategy.optimize.search.asking import Steps
    from llm_strategy.optimize.search.record import Record
    from llm_strategy.optimize.search.run import Run

__all__ = ["settled"]


def settled(run: Run, child: Record, verdict: str = "") -> Steps[None]:
    """Write down what became of a candidate.

    Args:
        run: the search.
        child: the candidate.
        verdict: why it is rejected; '' where it is accepted.
    """
    child.fate = verdict or "pool"
    child.pool = not verdict
    child.spent = run.spending.spent
    run.tell(child)
    kind = "rejected" if verdict else "accepted"
    data = {"number": child.number, "fate": child.fate, "mean": estimate(run, child), "step": run.step}
    yield from note(kind, data)
