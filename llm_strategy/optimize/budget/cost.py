"""What a rollout, or a proposal, has cost: what was spent on each line, and what had to be reserved for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from llm_strategy.flow.budgets.amounts import Amount, picodollars

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from llm_strategy.optimize.search.orders import Rollout, Usage

__all__ = ["ACCOUNTS", "LINES", "Account", "Cost", "Line", "amount_data", "amount_of", "greatest"]

Line: TypeAlias = Literal["task", "optimizer"]
"""Who spends."""
Account: TypeAlias = Literal["total", "task", "optimizer"]
"""What limits are set for."""
LINES: Final[tuple[Line, ...]] = ("task", "optimizer")
ACCOUNTS: Final[tuple[Account, ...]] = ("total", "task", "optimizer")


def amount_data(amount: Amount) -> list[int]:
    """Return an amount as JSON data, without the zeros at its end.

    >>> amount_data(Amount(calls=2, tokens=30))
    [2, 30]
    """
    data = [amount.calls, amount.tokens, amount.money, amount.estimated, amount.unpriced]
    while data and not data[-1]:
        data.pop()
    return data


def amount_of(data: list[int]) -> Amount:
    """Return the amount behind JSON data."""
    return Amount(*data)


def greatest(one: Amount, other: Amount) -> Amount:
    """Return what is enough for either of two amounts."""
    return Amount(max(one.calls, other.calls), max(one.tokens, other.tokens), max(one.money, other.money))


@dataclass(frozen=True, slots=True)
class Cost:
    """What something has cost.

    >>> cost = Cost(Amount(2, 30), worst={"total": Amount(2, 80)}, longest={"task": 9})
    >>> Cost.of(cost.data()) == cost, cost.spent("total").tokens
    (True, 30)
    """

    task: Amount = field(default_factory=Amount)
    """What the task has spent."""
    optimizer: Amount = field(default_factory=Amount)
    """What its judge has spent, or who proposed."""
    worst: Mapping[Account, Amount] = field(default_factory=dict[Account, Amount])
    """What was reserved for its requests together, by account: what it could have spent."""
    longest: Mapping[Line, int] = field(default_factory=dict[Line, int])
    """Tokens of its longest reply."""

    def spent(self, account: Account) -> Amount:
        """Return what was spent on an account."""
        if account == "total":
            return self.task + self.optimizer
        return self.task if account == "task" else self.optimizer

    def needed(self, account: Account) -> Amount:
        """Return what has to be there for the like of it."""
        return greatest(self.spent(account), self.worst.get(account, Amount()))

    def __add__(self, other: Cost) -> Cost:
        """Return what both have spent."""
        return Cost(self.task + other.task, self.optimizer + other.optimizer)

    def data(self) -> dict[str, Any]:
        """Return it as JSON data."""
        parts: dict[str, Any] = {line: amount_data(self.spent(line)) for line in LINES}
        parts["worst"] = {name: amount_data(amount) for name, amount in self.worst.items() if amount != Amount()}
        parts["longest"] = {line: tokens for line, tokens in self.longest.items() if tokens}
        return {name: part for name, part in parts.items() if part}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return the cost behind JSON data."""
        worst = {name: amount_of(amount) for name, amount in data.get("worst", {}).items()}
        return cls(
            amount_of(data.get("task", [])), amount_of(data.get("optimizer", [])), worst, data.get("longest", {})
        )

    @classmethod
    def told(cls, rollout: Rollout) -> Self:
        """Return what a rollout says that it has cost, where nobody could look on."""
        return cls(_amount(rollout.usage), _amount(rollout.scoring))


def _amount(usage: Usage) -> Amount:
    money = picodollars(usage.dollars) if usage.dollars else 0
    return Amount(usage.calls, usage.tokens, money, 0, 1 if usage.dollars is None else 0)
