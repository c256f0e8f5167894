"""Which models share their limits: those that a provider counts together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm_strategy.flow.model import ChatModel

__all__ = ["account_of", "lasting"]


def account_of(model: ChatModel) -> str:
    """Return the key that a model shares limits, pauses and a circuit breaker under.

    A `ChatModel` may say so by an attribute `account`, such as its address with a hash of its key and its name; a model
    that does not stands alone.
    """
    own: object = getattr(model, "account", None)
    if isinstance(own, str) and own:
        return own
    alone = lasting(model)
    return f"{type(alone).__name__}:{model.name}:{id(alone)}"


def lasting(model: ChatModel) -> object:
    """Return what lives as long as the user's model does: adapters come and go, and name it by an attribute `lasting`.

    An account that is named by the id of an object holds no longer than that object.
    """
    return getattr(model, "lasting", model)
