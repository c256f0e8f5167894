"""What was spent so far, and what the next rollout may take: sums in which no order matters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llm_strategy.flow.budgets.amounts import Amount
from llm_strategy.optimize.budget.cost import ACCOUNTS, LINES, Account, Cost, Line, amount_data, amount_of, greatest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

__all__ = ["Accounts"]


def _amounts() -> dict[Account, Amount]:
    return dict.fromkeys(ACCOUNTS, Amount())


@dataclass(slots=True)
class Accounts:
    """Sums of costs.

    >>> accounts = Accounts()
    >>> accounts.add_rollout(Cost(Amount(1, 30)))
    >>> accounts.add_rollout(Cost(Amount(3, 10)))
    >>> accounts.rollouts, accounts.spent("total").tokens, accounts.worst["task"].calls
    (2, 40, 3)
    """

    rollouts: int = 0
    """How many rollouts there were."""
    all: Cost = field(default_factory=Cost)
    """What was spent."""
    by_rollouts: dict[Account, Amount] = field(default_factory=_amounts)
    """What of it rollouts have spent."""
    worst: dict[Account, Amount] = field(default_factory=_amounts)
    """What no rollout has needed more than."""
    longest: dict[Line, int] = field(default_factory=lambda: dict.fromkeys(LINES, 0))
    """Tokens of the longest reply."""

    def add_rollout(self, cost: Cost) -> None:
        """Count a rollout."""
        self.rollouts += 1
        self.add(cost)
        for account in ACCOUNTS:
            self.by_rollouts[account] += cost.spent(account)
            self.worst[account] = greatest(self.worst[account], cost.needed(account))

    def add(self, cost: Cost) -> None:
        """Count what is no rollout."""
        self.all += cost
        for line in LINES:
            self.longest[line] = max(self.longest[line], cost.longest.get(line, 0))

    def spent(self, account: Account) -> Amount:
        """Return what was spent on an account."""
        return self.all.spent(account)

    def data(self) -> dict[str, Any]:
        """Return it as JSON data."""
        named = {"by_rollouts": self.by_rollouts, "worst": self.worst}
        return {
            "rollouts": self.rollouts,
            "longest": dict(self.longest),
            **{line: amount_data(self.all.spent(line)) for line in LINES},
            **{name: {one: amount_data(each) for one, each in amounts.items()} for name, amounts in named.items()},
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return the sums behind JSON data."""
        task, optimizer = (amount_of(data[line]) for line in LINES)
        by_rollouts: dict[Account, Amount] = {one: amount_of(data["by_rollouts"][one]) for one in ACCOUNTS}
        worst: dict[Account, Amount] = {one: amount_of(data["worst"][one]) for one in ACCOUNTS}
        return cls(data["rollouts"], Cost(task, optimizer), by_rollouts, worst, dict(data["longest"]))
