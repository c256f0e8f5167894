"""LLM functions of a trace, one row each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llm_strategy.tracing.calls import CallRow

__all__ = ["FunctionRow", "functions_of"]


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """All calls of one function. Usage includes that of the functions which they called."""

    name: str
    """Module and qualified name."""
    calls: int
    """How often it was called."""
    errors: int
    """How many of the calls failed."""
    retries: int
    """Attempts after the first one of a prompt."""
    input_tokens: int | None
    """Tokens of prompts; None where any request did not report them."""
    output_tokens: int | None
    """Tokens of replies; None likewise."""
    cost: float | None
    """US dollars; None where the price of any request is not known."""
    seconds: float | None
    """Mean time of the calls that ended; None where none did."""

    @property
    def tokens(self) -> int | None:
        """Tokens of prompts and replies; None where they are not known."""
        return (
            None if self.input_tokens is None or self.output_tokens is None else self.input_tokens + self.output_tokens
        )


def functions_of(calls: Iterable[CallRow]) -> tuple[FunctionRow, ...]:
    """Return the functions that were called, in the order of their first calls."""
    found: dict[str, list[CallRow]] = {}
    for call in calls:
        found.setdefault(call.name, []).append(call)
    return tuple(_row(name, rows) for name, rows in found.items())


def _row(name: str, calls: Sequence[CallRow]) -> FunctionRow:
    seconds = [call.seconds for call in calls if call.seconds is not None]
    costs = [call.cost for call in calls if call.cost is not None]
    return FunctionRow(
        name=name,
        calls=len(calls),
        errors=sum(bool(call.error) for call in calls),
        retries=sum(call.retries for call in calls),
        input_tokens=_sum([call.input_tokens for call in calls]),
        output_tokens=_sum([call.output_tokens for call in calls]),
        cost=round(sum(costs), 12) if len(costs) == len(calls) else None,
        seconds=sum(seconds) / len(seconds) if seconds else None,
    )


def _sum(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None
