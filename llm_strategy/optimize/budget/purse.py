"""What one rollout, or one proposal, may spend.

What a request may cost is known from the request alone, and from what earlier rollouts have shown: nothing is learned
from whoever happens to end first. So the same requests are sent with the same limits, whatever runs beside them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llm_strategy.flow.budgets.amounts import Amount, Limits
from llm_strategy.flow.budgets.layer import BudgetLayer
from llm_strategy.flow.budgets.local_ledger import LocalLedger
from llm_strategy.flow.estimates import FIRST_REPLY, Estimates, prompt_bound
from llm_strategy.optimize.budget.cost import ACCOUNTS, LINES, Cost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.flow.budgets.ledger import Grant, State, Wanted
    from llm_strategy.flow.budgets.pricing import Pricing
    from llm_strategy.flow.requests import ChatRequest, Request
    from llm_strategy.messages import Usage
    from llm_strategy.optimize.budget.cost import Account, Line

__all__ = ["Purse"]

_NOTHING = Limits(0, 0, 0)
_SHORTEST = 64


class Purse:
    """Ledgers of one spender: one for each line, and one for both together.

    Args:
        limits: by account; without limits, an account only counts.
        seconds: time that is left; None where it is not limited.
        pricing: what models cost.
        longest: the longest reply so far, by line; none where nothing is known.
        grows: whether `widen` will be called: what does not fit before waits for that.
    """

    def __init__(
        self,
        limits: Mapping[Account, Limits],
        seconds: float | None,
        pricing: Pricing,
        longest: Mapping[Line, int],
        *,
        grows: bool = False,
    ) -> None:
        self._seconds = seconds
        self._books: dict[Account, _Books] = {
            account: _Books(LocalLedger(replace(limits[account], seconds=seconds), grows=grows)) for account in ACCOUNTS
        }
        self._estimates = {line: _Assumed(longest.get(line, 0)) for line in LINES}
        self._pricing = pricing
        self._layers = {
            line: tuple(BudgetLayer(books, pricing, self._estimates[line]) for books in self._passed(line))
            for line in LINES
        }

    def layers(self, line: Line) -> tuple[BudgetLayer, ...]:
        """Return what the requests of a line have to pass."""
        return self._layers[line]

    def sent(self, line: Line) -> tuple[BudgetLayer, ...]:
        """Return the same, for processes elsewhere: their requests are counted here."""
        estimates = self._estimates[line]
        return tuple(BudgetLayer(books.ledger, self._pricing, estimates) for books in self._passed(line))

    def widen(self, limits: Mapping[Account, Limits]) -> None:
        """Let what does not fit have other limits."""
        for account, books in self._books.items():
            books.ledger.widen(replace(limits[account], seconds=self._seconds))

    def close(self) -> None:
        """Let nothing more be spent."""
        for books in self._books.values():
            books.ledger.narrow(_NOTHING)

    def stop_growing(self) -> None:
        """Refuse what waits for more."""
        for books in self._books.values():
            books.ledger.widen(books.state().limits)

    def _passed(self, line: Line) -> tuple[_Books, ...]:
        return self._books["total"], self._books[line]

    def cost(self, *, held: bool = False) -> Cost:
        """Return what was spent; with what is still `held`, as if that were spent."""
        states = (self._books[line].state() for line in LINES)
        task, optimizer = (state.spent + state.held if held else state.spent for state in states)
        worst: dict[Account, Amount] = {account: self._books[account].worst for account in ACCOUNTS}
        longest: dict[Line, int] = {line: self._estimates[line].longest for line in LINES}
        return Cost(task, optimizer, worst, longest)


class _Books:
    """A ledger that remembers what was wanted of it, all in all."""

    def __init__(self, ledger: LocalLedger) -> None:
        self.ledger = ledger
        self._wanted: list[Amount] = []  # threads may append at once, where they could not add

    @property
    def worst(self) -> Amount:
        return sum(self._wanted, Amount())

    def reserve(self, wanted: Wanted) -> Grant:
        self._wanted.append(wanted.amount(wanted.likely if wanted.reply is None else wanted.reply))
        return self.ledger.reserve(wanted)

    def waiting(self, grant: Grant, seconds: float | None = None) -> Request:
        return self.ledger.waiting(grant, seconds)

    def opened(self, grant: Grant) -> None:
        self.ledger.opened(grant)

    def settle(self, grant: Grant, cost: Amount) -> None:
        self.ledger.settle(grant, cost)

    def charge(self, cost: Amount) -> None:
        self.ledger.charge(cost)

    def state(self) -> State:
        return self.ledger.state()


class _Assumed(Estimates):
    """Estimates that change with nothing: see the top of this file."""

    def __init__(self, longest: int) -> None:
        super().__init__()
        self._reply = max(_SHORTEST, 2 * longest) if longest else FIRST_REPLY
        self._seen: list[int] = []

    @property
    def longest(self) -> int:
        return max(self._seen, default=0)

    def prompt(self, request: ChatRequest) -> int:
        return prompt_bound(request)

    def reply(self, request: ChatRequest) -> int:  # noqa: ARG002 (it is the same for all)
        return self._reply

    def learn(self, request: ChatRequest, usage: Usage) -> None:  # noqa: ARG002
        self._seen.append(usage.output_tokens)
