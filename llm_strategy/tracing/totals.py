"""What a trace cost: sums over its chat spans, which are the only ones that carry usage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.tracing.records import SpanRecord

__all__ = ["Totals", "totals_of"]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a trace."""

    calls: int = 0
    """Calls of LLM functions."""
    chats: int = 0
    """Requests to models, those answered by a cache included."""
    retries: int = 0
    """Attempts after the first one of a prompt."""
    errors: int = 0
    """Chats and functions that failed, and attempts whose reply was of no use."""
    cache_hits: int = 0
    """Requests that a cache answered."""
    input_tokens: int = 0
    """Tokens of prompts, cached ones included."""
    output_tokens: int = 0
    """Tokens of replies, reasoning included."""
    cached_tokens: int = 0
    """Tokens of prompts that providers had in their caches."""
    reasoning_tokens: int = 0
    """Tokens of hidden reasoning."""
    known_cost: float = 0.0
    """US dollars, of the replies whose price is known."""
    unpriced: int = 0
    """Replies whose price is not known."""
    seconds: float = 0.0
    """Wall clock time from the first beginning to the last end."""

    @property
    def cost(self) -> float | None:
        """US dollars; None where the price of any reply is not known."""
        return None if self.unpriced else self.known_cost

    @property
    def tokens(self) -> int:
        """Tokens of prompts and replies."""
        return self.input_tokens + self.output_tokens


def totals_of(spans: Iterable[SpanRecord]) -> Totals:
    """Return the sums over the spans of a trace.

    A chat span around another chat span, as a model that asks other models makes it, is not counted: its usage is that
    of the spans inside.
    """
    known = list(spans)
    chats = {span.span: span for span in known if span.kind == "chat"}
    for span in known:
        if span.kind == "chat" and span.parent in chats:
            chats.pop(span.parent, None)
    ends = [span.end for span in known if span.end is not None]
    return Totals(
        calls=sum(span.kind == "function" for span in known),
        chats=len(chats),
        retries=sum(span.kind == "attempt" and (span.number(semconv.ATTEMPT) or 1) > 1 for span in known),
        errors=sum(span.failed and span.kind in {"function", "attempt", "chat", "tool", "code"} for span in known),
        cache_hits=sum(span.attributes.get(semconv.CACHE_HIT) is True for span in chats.values()),
        input_tokens=_sum(chats.values(), semconv.INPUT_TOKENS),
        output_tokens=_sum(chats.values(), semconv.OUTPUT_TOKENS),
        cached_tokens=_sum(chats.values(), semconv.CACHED_TOKENS),
        reasoning_tokens=_sum(chats.values(), semconv.REASONING_TOKENS),
        known_cost=round(sum(span.number(semconv.COST) or 0 for span in chats.values()), 12),
        unpriced=sum(map(_unpriced, chats.values())),
        seconds=(max(ends) - min(span.start for span in known)) / 1e9 if ends else 0.0,
    )


def _sum(spans: Iterable[SpanRecord], name: str) -> int:
    return sum(int(span.number(name) or 0) for span in spans)


def _unpriced(chat: SpanRecord) -> bool:
    """Whether a reply came that has a price which is not known."""
    replied = chat.end is not None and not chat.failed and chat.attributes.get(semconv.CACHE_HIT) is not True
    return replied and chat.number(semconv.COST) is None
