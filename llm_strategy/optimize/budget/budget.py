"""What a search may spend."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow.budgets.amounts import Limits, picodollars

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from llm_strategy.optimize.budget.cost import Account

__all__ = ["Budget"]

_AMOUNTS = frozenset({"usd", "task_usd", "optimizer_usd", "seconds"})


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of a search, over all the times that it is resumed; None for no limit.

    None of them is exceeded; what that does not cover is said at `seconds` and `OptimizationLedger`. `calls`, `tokens`
    and `usd` hold for the task and the optimizer together; those with a name before them hold for one of the two, and
    on top. Metrics and judges belong to the optimizer.

    >>> Budget(rollouts=300, usd=2.0, optimizer_usd=0.5).limited
    {'rollouts': 300, 'usd': 2.0, 'optimizer_usd': 0.5}

    Raises:
        ConfigurationError: a limit is negative, or no number.
    """

    rollouts: int | None = None
    """Runs of the task at a case, also those of the seed that a judge compares with. With `retries` one run may call
    the task several times."""
    calls: int | None = None
    """Requests to models."""
    tokens: int | None = None
    """Tokens of prompts and replies."""
    usd: float | None = None
    """US dollars."""
    seconds: float | None = None
    """Time. When it is over nothing is begun, and requests to models are cut off; a task, a metric or a proposer that
    does something else at this moment comes to its end first. Where the process was killed, the time since the latest
    answer is not known."""
    task_calls: int | None = None
    """Requests to models by the task."""
    task_tokens: int | None = None
    """Tokens of these."""
    task_usd: float | None = None
    """US dollars for these."""
    optimizer_calls: int | None = None
    """Requests to models by metrics and judges, and by those who propose what is next."""
    optimizer_tokens: int | None = None
    """Tokens of these."""
    optimizer_usd: float | None = None
    """US dollars for these."""

    def __post_init__(self) -> None:
        for name, limit in self.limited.items():
            if not _is_limit(limit, whole=name not in _AMOUNTS):
                kind = "number" if name in _AMOUNTS else "whole number"
                raise ConfigurationError(f"Budget({name}={limit!r}): a {kind} is needed, 0 or more.")

    @property
    def limited(self) -> dict[str, float]:
        """The limits that there are, by name."""
        limits = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: limit for name, limit in limits.items() if limit is not None}

    def of_account(self, account: Account) -> Limits:
        """Return the limits of calls, tokens and money of one account.

        >>> print(Budget(calls=7, task_tokens=900).of_account("task"))
        budget(tokens=900)
        """
        before = "" if account == "total" else f"{account}_"
        money: float | None = getattr(self, f"{before}usd")
        return Limits(
            getattr(self, f"{before}calls"),
            getattr(self, f"{before}tokens"),
            None if money is None else picodollars(money),
        )

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return the budget behind JSON data, such as a table of a configuration file.

        Raises:
            ConfigurationError: it names a limit that there is not, or a limit is no number.
        """
        names = [field.name for field in fields(cls)]
        for name in data:
            if name not in names:
                raise ConfigurationError(f"The budget {name!r} names no limit. Known are {', '.join(names)}.")
        return cls(**data)


def _is_limit(limit: object, *, whole: bool) -> bool:
    if isinstance(limit, bool) or not isinstance(limit, int if whole else int | float):
        return False
    return math.isfinite(limit) and limit >= 0
