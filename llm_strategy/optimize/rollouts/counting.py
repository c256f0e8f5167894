"""Counting what a run costs, and seeing who refuses to pay for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.flow.budgets import BudgetLayer, Limits, LocalLedger, Spent
from llm_strategy.flow.budgets.pricing import Pricing
from llm_strategy.flow.estimates import Estimates
from llm_strategy.flow.ranks import BUDGET
from llm_strategy.flow.requests import ChatRequest, OpenStream
from llm_strategy.optimize.rollouts.refusals import Refusals
from llm_strategy.optimize.search.orders import Usage
from llm_strategy.tracing.prices import Prices

if TYPE_CHECKING:
    from llm_strategy.errors import BudgetExceededError
    from llm_strategy.flow.layers import Onward, Path
    from llm_strategy.flow.requests import Flow, Request
    from llm_strategy.flow.time_limits import TimeLimits
    from llm_strategy.messages import Reply

__all__ = ["Counting"]

_NO_LIMIT = Limits(calls=10**12)
"""Its budget is there to count, and not to end a run."""


class Counting:
    """A layer that counts what requests cost, and notes when a budget around it refuses one.

    It does what `Refusals` and a `budget` inside of it do. Many runs ask no model: books are opened with the first
    request.
    """

    rank = BUDGET

    def __init__(self) -> None:
        self._refusals = Refusals()
        self._books: dict[str, BudgetLayer] = {}

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:
        """Count requests to models, and pass all of them on."""
        if isinstance(request, ChatRequest | OpenStream):
            return self._layer(request, path, lambda below: self._refusals(below, path, onward))
        return self._refusals(request, path, onward)

    def time_limits(self, request: ChatRequest) -> TimeLimits:
        """Ask the budgets around. Raises BudgetExceededError."""
        return self._refusals.time_limits(request)

    def replayed(self, request: ChatRequest, reply: Reply | None) -> None:
        """Count a request that was sent in an earlier run."""
        self._layer.replayed(request, reply)

    @property
    def refusal(self) -> BudgetExceededError | None:
        """The first refusal."""
        return self._refusals.error

    def usage(self, seconds: float) -> Usage:
        """Return what was counted."""
        books = self._books.get("books")
        if books is None:
            return Usage(seconds=seconds)
        spent = Spent(books.ledger)
        return Usage(spent.calls, spent.tokens, spent.dollars, seconds)

    @property
    def _layer(self) -> BudgetLayer:
        known = self._books.get("books")
        if known is None:  # where several threads are here at once, all of them take the same
            made = BudgetLayer(LocalLedger(_NO_LIMIT), Pricing(Prices.known()), Estimates())
            known = self._books.setdefault("books", made)
        return known

    def __getstate__(self) -> tuple[Refusals, BudgetLayer]:
        return self._refusals, self._layer  # what is asked elsewhere is counted here

    def __setstate__(self, state: tuple[Refusals, BudgetLayer]) -> None:
        self._refusals, books = state
        self._books = {"books": books}
