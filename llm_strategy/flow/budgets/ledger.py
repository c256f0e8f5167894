"""The books of a budget, as a layer sees them.

All that goes in and out is plain data that can be pickled, so that the books may be kept in another process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from llm_strategy.flow.budgets.amounts import Amount, Limits

if TYPE_CHECKING:
    from llm_strategy.flow.requests import Request

__all__ = ["Grant", "Ledger", "State", "Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request may cost."""

    prompt: int = 0
    """Tokens of its prompt, at most."""
    reply: int | None = None
    """Tokens of its reply, at most; None where nothing limits them yet."""
    likely: int = 0
    """Tokens that a reply may well have."""
    input_price: int = 0
    """Picodollars for a token of the prompt."""
    output_price: int = 0
    """Picodollars for a token of the reply."""

    def amount(self, reply: int) -> Amount:
        """Return what the request costs with a reply of so many tokens."""
        return Amount(1, self.prompt + reply, self.prompt * self.input_price + reply * self.output_price)


@dataclass(frozen=True, slots=True)
class Grant:
    """What was reserved for a request."""

    id: int
    """Its number in the books."""
    held: Amount = field(default_factory=Amount)
    """What was reserved."""
    reply: int | None = None
    """Tokens that the reply may have; None where the budget does not limit them."""
    rest: bool = False
    """Whether that is less than was wanted, and all that is left."""
    seconds: float | None = None
    """Time that is left; None where it is not limited."""
    waiting: bool = False
    """Whether nothing is reserved yet: requests under way may give enough back."""


@dataclass(frozen=True, slots=True)
class State:
    """The books at one moment."""

    limits: Limits
    """What may be spent."""
    spent: Amount
    """What was spent."""
    held: Amount
    """What is reserved for requests under way."""
    seconds: float
    """How long the budget is open."""


class Ledger(Protocol):
    """Keeps the books of one budget. Safe to use from any thread."""

    def reserve(self, wanted: Wanted) -> Grant:
        """Reserve what a request may cost, or queue up for it. Raises BudgetExceededError."""
        ...

    def waiting(self, grant: Grant, seconds: float | None = None) -> Request:
        """Return what waits until a queued reservation is decided, or so many seconds are over.

        It is answered with a Grant, which still waits where it is not decided, or with BudgetExceededError.
        """
        ...

    def opened(self, grant: Grant) -> None:
        """Note that a reservation lasts as long as somebody reads a stream: nobody is to wait for that."""
        ...

    def settle(self, grant: Grant, cost: Amount) -> None:
        """Replace a reservation, or a wish for one, by what was spent. Does nothing the second time."""
        ...

    def charge(self, cost: Amount) -> None:
        """Note what was spent without a reservation."""
        ...

    def state(self) -> State:
        """Return the books."""
        ...
