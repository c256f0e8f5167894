"""What a durable run has cost, as if it had never been broken off, and what of that was paid this time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from llm_strategy.flow.codec import reply_from
from llm_strategy.flow.journal.streams import chunks_from, joined
from llm_strategy.messages import Usage
from llm_strategy.tracing.prices import Prices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.messages import Reply

__all__ = ["RunTotals", "Spent", "Sums", "spent_of"]


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
    names: tuple[str, ...]
    """Names of the model, the one that the reply tells first."""
    provider: str
    cached: bool

    @property
    def is_measured(self) -> bool:
        """Whether anybody has told the tokens."""
        return bool(self.usage.input_tokens or self.usage.output_tokens)


class Sums:
    """Totals that grow. Prices are only asked for when somebody wants to know."""

    def __init__(self) -> None:
        self._calls = self._replayed = self._cache_hits = self._unmeasured = 0
        self._all = _Bills()
        self._paid = _Bills()

    def add(self, spent: Spent, *, replayed: bool) -> None:
        """Count a reply."""
        self._calls += 1
        self._replayed += replayed
        if spent.cached:
            self._cache_hits += not replayed
            return
        if not spent.is_measured:
            self._unmeasured += 1
            return
        self._all.add(spent)
        if not replayed:
            self._paid.add(spent)

    def totals(self) -> RunTotals:
        """Return the sums so far."""
        whole, cost, unpriced = self._all.sums()
        return RunTotals(
            calls=self._calls,
            replayed=self._replayed,
            cache_hits=self._cache_hits,
            input_tokens=whole.input_tokens,
            output_tokens=whole.output_tokens,
            unmeasured=self._unmeasured,
            known_cost=cost,
            unpriced=unpriced + self._unmeasured,
            known_paid=self._paid.sums()[1],
        )


class _Bills:
    """Tokens by the names of the model and the provider: the sums do not depend on the order of the replies."""

    def __init__(self) -> None:
        self._usages: dict[tuple[tuple[str, ...], str], tuple[int, Usage]] = {}

    def add(self, spent: Spent) -> None:
        usage = spent.usage  # no more can have been cached than was sent: the price of a sum is the sum of the prices
        usage = replace(usage, cached_input_tokens=min(usage.cached_input_tokens, usage.input_tokens))
        key = (spent.names, spent.provider)
        count, before = self._usages.get(key, (0, Usage()))
        self._usages[key] = (count + 1, before + usage)

    def sums(self) -> tuple[Usage, float, int]:
        """Return the tokens, the dollars, and how many requests have no price that is known."""
        prices, whole, unpriced = Prices.known(), Usage(), 0
        costs: list[float] = []
        for (names, provider), (count, usage) in self._usages.items():
            whole += usage
            cost = prices.cost(names, usage, provider)
            unpriced += count if cost is None else 0
            costs.append(cost or 0.0)
        return whole, math.fsum(costs), unpriced


def spent_of(kind: str, about: Mapping[str, Any], answer: Any, where: str) -> Spent | None:
    """Return what an answer cost; None where it is not one of a model. Raises StoredDataError."""
    if kind == "chat":
        return _spent(about, reply_from(answer, where))
    return _spent(about, joined(chunks_from(answer, where))) if kind == "stream" else None


def _spent(about: Mapping[str, Any], reply: Reply) -> Spent:
    names = tuple(name for name in (reply.model, str(about.get("name", ""))) if name)
    return Spent(reply.usage, names, str(about.get("provider", "")), reply.cached)
