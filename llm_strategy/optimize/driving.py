"""Carrying out a search: its requests are answered, and each answer is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from llm_strategy.optimize.budget.ledger import OptimizationLedger
    from llm_strategy.optimize.events import Event
    from llm_strategy.optimize.proposers import Proposer
    from llm_strategy.optimize.search.candidate import Candidate
    from llm_strategy.optimize.search.orders import Order, Rollout
    from llm_strategy.optimize.search.outcome import SearchOutcome
    from llm_strategy.optimize.search.requests import Estimate, Search
    from llm_strategy.optimize.store.store import OptimizationStore

__all__ = ["Rolling", "drive"]


class Rolling(Protocol):
    """Carries out rollouts."""

    def __call__(
        self, orders: Sequence[Order], candidates: Sequence[Candidate]
    ) -> Generator[tuple[Rollout, Any], None, None]:
        """Give each rollout with its record (JSON data, or None) as soon as it has ended, in any order."""
        ...


def drive(  # noqa: PLR0913 (what a search asks for comes from that many places)
    search: Search,
    store: OptimizationStore,
    rollouts: Rolling,
    proposers: Mapping[str, Proposer],
    ledger: OptimizationLedger,
    *,
    estimate: Callable[[Estimate], float | None] | None = None,
    watch: Callable[[Event], None] | None = None,
) -> SearchOutcome:
    """Carry out a search, or go on with it where it was broken off."""
    raise NotImplementedError(search, store, rollouts, proposers, ledger, estimate, watch)
