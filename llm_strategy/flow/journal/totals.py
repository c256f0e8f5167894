"""What a durable run has cost, as if it had never been broken off, and what of that was paid this time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llm_strategy.flow.codec import reply_from
from llm_strategy.flow.journal.streams import chunks_from, joined
from llm_strategy.tracing.prices import Prices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.messages import Reply, Usage

__all__ = ["RunTotals", "Spent", "Sums", "spent_of"]

_UNIT = 10**15
"""Costs are added as whole numbers of so many parts of a dollar, since sums of floats depend on their order."""


@dataclass(frozen=True, slots=True)
class RunTotals:
    """Sums over the requests of a durable run that were answered, those of earlier runs that it has used included.

    A request that was under way when a run was killed may have been paid for without being counted here: see
    `in_flight`.
    """

    calls: int = 0
    """Requests to models that were answered."""
    replayed: int = 0
    """Those of them that were answered in an earlier run."""
    cache_hits: int = 0
    """Those that a cache answered: they cost nothing."""
    input_tokens: int = 0
    """Tokens of prompts, cached ones included."""
    output_tokens: int = 0
    """Tokens of replies, reasoning included."""
    unmeasured: int = 0
    """Requests whose tokens nobody reported: where there are any, the sums are lower bounds."""
    known_cost: float = 0.0
    """US dollars, of the requests whose price is known."""
    unpriced: int = 0
    """Requests whose price is not known."""
    known_paid: float = 0.0
    """US dollars of the requests that this run has sent itself, as far as their price is known."""

    @property
    def cost(self) -> float | None:
        """US dollars; None where the price of any request is not known."""
        return None if self.unpriced else self.known_cost

    @property
    def paid_calls(self) -> int:
        """Requests to models that were answered in this run."""
        return self.calls - self.replayed - self.cache_hits

    @property
    def tokens(self) -> int:
        """Tokens of prompts and replies."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class Spent:
    """What one reply cost."""

    usage: Usage
    cost: float | None
    cached: bool


@dataclass(slots=True)
class Sums:
    """Totals that grow."""

    _counts: dict[str, int] = field(default_factory=dict[str, int])
    _cost: int = 0
    _paid: int = 0

    def add(self, spent: Spent, *, replayed: bool) -> None:
        """Count a reply."""
        usage, known = spent.usage, spent.usage.input_tokens or spent.usage.output_tokens
        grown = {
            "calls": 1,
            "replayed": int(replayed),
            "cache_hits": int(spent.cached and not replayed),
            "input_tokens": 0 if spent.cached else usage.input_tokens,
            "output_tokens": 0 if spent.cached else usage.output_tokens,
            "unmeasured": int(not known and not spent.cached),
            "unpriced": int(spent.cost is None and not spent.cached),
        }
        for name, number in grown.items():
            self._counts[name] = self._counts.get(name, 0) + number
        units = round((spent.cost or 0.0) * _UNIT)
        self._cost += units
        self._paid += 0 if replayed else units

    def totals(self) -> RunTotals:
        """Return the sums so far."""
        return RunTotals(**self._counts, known_cost=self._cost / _UNIT, known_paid=self._paid / _UNIT)


def spent_of(kind: str, about: Mapping[str, Any], answer: Any, where: str) -> Spent | None:
    """Return what an answer cost; None where it is not one of a model. Raises StoredDataError."""
    if kind == "chat":
        return _spent(about, reply_from(answer, where))
    if kind != "stream":
        return None
    return _spent(about, joined(chunks_from(answer, where)))


def _spent(about: Mapping[str, Any], reply: Reply) -> Spent:
    usage = reply.usage
    if reply.cached:
        return Spent(usage, 0.0, cached=True)
    if not (usage.input_tokens or usage.output_tokens):
        return Spent(usage, None, cached=False)
    names = [name for name in (reply.model, str(about.get("name", ""))) if name]
    return Spent(usage, Prices.known().cost(names, usage, str(about.get("provider", ""))), cached=False)
