"""What a run of the planner may spend."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from llm_strategy.planner.state import Spent

__all__ = ["PlannerBudget"]


@dataclass(frozen=True, slots=True)
class PlannerBudget:
    """Limits of a run, over all the times that it is resumed; None for no limit. What is made stays in the workspace.

    >>> PlannerBudget.read("tokens=2000, dollars=0.5")
    PlannerBudget(steps=None, calls=None, tokens=2000, dollars=0.5, seconds=None)

    Raises:
        ConfigurationError: a limit is negative.
    """

    steps: int | None = None
    """Instructions that are carried out."""
    calls: int | None = None
    """Requests to models."""
    tokens: int | None = None
    """Tokens of prompts and replies."""
    dollars: float | None = None
    """US dollars."""
    seconds: float | None = None
    """Time."""

    def __post_init__(self) -> None:
        for field in fields(self):
            limit = getattr(self, field.name)
            if limit is not None and not limit >= 0:
                raise ConfigurationError(f"The budget {field.name}={limit!r} is no number from 0 on.")

    @classmethod
    def read(cls, text: str) -> PlannerBudget:
        """Return the budget in a text such as `tokens=20000,seconds=600`.

        Raises:
            ConfigurationError: it names no limit that there is, or what is no number.
        """
        known = {field.name: float if field.name in {"dollars", "seconds"} else _whole for field in fields(cls)}
        limits: dict[str, float] = {}
        for part in filter(str.strip, text.split(",")):
            name, _, amount = (one.strip() for one in part.partition("="))
            if name not in known:
                raise ConfigurationError(f"The budget {part.strip()!r} names no limit. Known are {', '.join(known)}.")
            try:
                limits[name] = known[name](amount.replace("_", ""))
            except ValueError as error:
                kind = "number" if known[name] is float else "whole number"
                raise ConfigurationError(f"The budget {part.strip()!r} has no {kind} behind '='.") from error
        return cls(**limits)  # type: ignore[arg-type]  # the numbers are of the types above

    def exhausted(self, spent: Spent, steps: int) -> str:
        """Return which limit leaves no room for anything more, and what was spent of it; '' for none."""
        now = _amounts(spent, steps)
        for field in fields(self):
            limit = getattr(self, field.name)
            if limit is not None and now[field.name] >= limit:
                return f"{field.name}: {_shown(now[field.name])} of {_shown(limit)}"
        return ""

    def left(self, spent: Spent) -> AbstractContextManager[object]:
        """Return the scope in which no more is spent than is left."""
        if self.calls is self.tokens is self.dollars is self.seconds is None:
            return nullcontext()
        from llm_strategy.flow.budgets import budget  # most runs have none

        tokens = spent.input_tokens + spent.output_tokens
        return budget(
            calls=None if self.calls is None else max(0, self.calls - spent.calls),
            tokens=None if self.tokens is None else max(0, self.tokens - tokens),
            dollars=None if self.dollars is None else max(0.0, self.dollars - (spent.dollars or 0.0)),
            seconds=None if self.seconds is None else max(0.0, self.seconds - spent.seconds),
        )


def _whole(text: str) -> int:
    """Return a whole number, also one such as `1e5`. Raises ValueError."""
    try:
        return int(text)
    except ValueError:
        number = float(text)
        if not number.is_integer():
            raise
        return int(number)


def _amounts(spent: Spent, steps: int) -> dict[str, float]:
    return {
        "steps": steps,
        "calls": spent.calls,
        "tokens": spent.input_tokens + spent.output_tokens,
        "dollars": spent.dollars or 0.0,
        "seconds": spent.seconds,
    }


def _shown(amount: float) -> str:
    return f"{amount:,.6g}" if isinstance(amount, float) else f"{amount:,}"
