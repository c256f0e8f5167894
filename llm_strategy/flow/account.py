"""Which models share their limits: those that a provider counts together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm_strategy.flow.model import ChatModel

__all__ = ["account_of"]


def account_of(model: ChatModel) -> str:
    """Return the key that a model shares limits, pauses and a circuit breaker under.

    A `ChatModel` may say so by an attribute `account`, such as its address with a hash of its key and its name; a model
    that does not stands alone.
    """
    own: object = getattr(model, "account", None)
    return own if isinstance(own, str) and own else f"{type(model).__name__}:{model.name}:{id(model)}"
