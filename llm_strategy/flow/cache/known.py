"""From a reply to what is stored of it, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.flow.cache.entry import Entry
from llm_strategy.flow.codec import data_from, json_of, reply_data, reply_from

if TYPE_CHECKING:
    from llm_strategy.flow.requests import ChatRequest
    from llm_strategy.messages import Reply

__all__ = ["entry_of", "known_reply"]


def entry_of(request: ChatRequest, reply: Reply, key: str) -> Entry:
    """Return what is stored of a reply, with what it cost."""
    from llm_strategy.tracing.prices import Prices

    provider: object = getattr(request.model, "provider", "")
    tokens = reply.usage.input_tokens + reply.usage.output_tokens
    names = tuple(name for name in (reply.model, request.model.name) if name)
    named = provider if isinstance(provider, str) else ""
    return Entry(
        key=key,
        data=json_of(reply_data(reply)),
        model=request.model.name,
        asker=request.asker,
        tokens=tokens,
        cost=Prices.known().cost(names, reply.usage, named) if tokens else None,
    )


def known_reply(data: str, where: str) -> Reply:
    """Return the reply that was stored. Raises StoredDataError: the data is none of a reply."""
    return reply_from(data_from(data, where), where)
