"""Adding up what spans cost, exactly: the same sum in whatever order they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["Sums"]

_UNIT = 10**15
"""Costs are added as whole numbers of so many parts of a dollar, since sums of floats depend on their order."""
_MOST_TOKENS = 2**53
_HIGHEST_COST = 1e12
_CAN_FAIL = frozenset({"function", "attempt", "chat", "tool", "code"})


@dataclass(slots=True)
class Sums:
    """Counters of a trace, or of a part of it."""

    calls: int = 0
    chats: int = 0
    actions: int = 0
    retries: int = 0
    errors: int = 0
    cache_hits: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    unmeasured: int = 0
    unpriced: int = 0
    cost_units: int = 0

    @property
    def tokens(self) -> int:
        """Tokens of prompts and replies, as far as they were reported."""
        return self.input_tokens + self.output_tokens

    @property
    def known_cost(self) -> float:
        """US dollars, of the requests whose price is known."""
        return self.cost_units / _UNIT

    @property
    def cost(self) -> float | None:
        """US dollars; None where the price of any request is not known."""
        return None if self.unpriced else self.known_cost

    def count(self, span: SpanRecord, *, holds_chats: bool) -> None:
        """Count a span.

        Args:
            span: what is counted; only a chat has usage.
            holds_chats: whether chats happened in it. The usage of such a chat is that of those inside.
        """
        self.errors += span.failed and span.kind in _CAN_FAIL
        if span.kind == "function":
            self.calls += 1
        elif span.kind == "code":
            self.actions += 1
        elif span.kind == "attempt":
            self.retries += (span.number(semconv.ATTEMPT) or 1) > 1
        elif span.kind == "chat" and not holds_chats:
            self._count_chat(span)

    def _count_chat(self, chat: SpanRecord) -> None:
        cached = chat.attributes.get(semconv.CACHE_HIT) is True
        self.chats += 1
        self.cache_hits += cached
        self.retries += bool(chat.number(semconv.RETRY))
        asked, said = _tokens(chat, semconv.INPUT_TOKENS), _tokens(chat, semconv.OUTPUT_TOKENS)
        self.input_tokens += asked or 0
        self.output_tokens += said or 0
        self.cached_tokens += _tokens(chat, semconv.CACHED_TOKENS) or 0
        self.reasoning_tokens += _tokens(chat, semconv.REASONING_TOKENS) or 0
        billed = chat.end is not None and not cached  # a request that failed may have been billed all the same
        self.unmeasured += billed and asked is None and said is None
        cost = chat.number(semconv.COST)
        if cost is not None and 0 <= cost < _HIGHEST_COST:
            self.cost_units += round(cost * _UNIT)
        elif billed:
            self.unpriced += 1

    def include(self, other: Self) -> None:
        """Add the counters of another part."""
        for name in Sums.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def _tokens(chat: SpanRecord, name: str) -> int | None:
    """Return a number of tokens; None for what cannot be one, since a file may say anything."""
    number = chat.number(name)
    return int(number) if number is not None and 0 <= number < _MOST_TOKENS else None
