"""How many tokens a reply may have, as far as its request or its model says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm_strategy.flow.requests import ChatRequest

__all__ = ["own_limit"]


def own_limit(request: ChatRequest) -> int | None:
    """Return how many tokens a reply may have; None where nobody says.

    A `ChatModel` may say so by an attribute `max_tokens`, where its requests do not.
    """
    if request.sampling.max_tokens is not None:
        return request.sampling.max_tokens
    own: object = getattr(request.model, "max_tokens", None)
    return own if isinstance(own, int) and not isinstance(own, bool) and own > 0 else None
