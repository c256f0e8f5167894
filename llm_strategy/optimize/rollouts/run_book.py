"""Where the details of runs can be looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from llm_strategy.optimize.rollouts.record import TaskRunRecord

__all__ = ["RunBook"]


class RunBook(Protocol):
    """Keeps the details of runs: the latest ones, and those of the seed."""

    def run(self, order_key: str) -> TaskRunRecord | None:
        """Return what is kept of the run that `Order.key` names; None where nothing is."""
        ...
