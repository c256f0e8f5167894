"""What was spent of a budget, and what is left, at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.flow.budgets.amounts import PICO
from llm_strategy.flow.budgets.refusal import dollars_of

if TYPE_CHECKING:
    from llm_strategy.flow.budgets.ledger import Ledger

__all__ = ["Left", "Spent"]


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a budget, without what is reserved for requests under way; None where there is no limit."""

    calls: int | None
    """Requests."""
    tokens: int | None
    """Tokens of prompts and replies."""
    dollars: float | None
    """US dollars."""
    seconds: float | None
    """Time."""


class Spent:
    """What was spent of a budget so far."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        """The books."""

    @property
    def calls(self) -> int:
        """Requests that were sent, those that failed among them."""
        return self.ledger.state().spent.calls

    @property
    def tokens(self) -> int:
        """Tokens of prompts and replies."""
        return self.ledger.state().spent.tokens

    @property
    def dollars(self) -> float | None:
        """US dollars; None where the price of any request is not known."""
        spent = self.ledger.state().spent
        return None if spent.unpriced else spent.money / PICO

    @property
    def seconds(self) -> float:
        """Time since the budget was opened."""
        return self.ledger.state().seconds

    @property
    def estimated(self) -> int:
        """How many requests are in here with estimated tokens, since nobody told what they cost."""
        return self.ledger.state().spent.estimated

    @property
    def left(self) -> Left:
        """What further requests may cost."""
        state = self.ledger.state()
        limits, taken = state.limits, state.spent + state.held
        return Left(
            None if limits.calls is None else max(0, limits.calls - taken.calls),
            None if limits.tokens is None else max(0, limits.tokens - taken.tokens),
            None if limits.money is None else max(0, limits.money - taken.money) / PICO,
            None if limits.seconds is None else max(0.0, limits.seconds - state.seconds),
        )

    def __str__(self) -> str:
        state = self.ledger.state()
        limits, spent = state.limits, state.spent
        money = "unknown cost" if spent.unpriced else dollars_of(spent.money)
        told = f" ({spent.estimated:,} of the calls estimated)" if spent.estimated else ""
        return ", ".join(
            (
                f"{spent.calls:,}{_of(limits.calls)} call{'' if (limits.calls or spent.calls) == 1 else 's'}",
                f"{spent.tokens:,}{_of(limits.tokens)} tokens{told}",
                money if limits.money is None else f"{money} of {dollars_of(limits.money)}",
                f"{state.seconds:.1f}{_of(limits.seconds)} s",
            )
        )

    def __repr__(self) -> str:
        return f"<Spent: {self}>"


def _of(limit: float | None) -> str:
    return "" if limit is None else f" of {limit:,}"
