"""Counting replies that come out of a journal: a run that was resumed has spent what the unbroken one would have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from llm_strategy.flow.layers import layers_in_force

if TYPE_CHECKING:
    from llm_strategy.flow.requests import ChatRequest
    from llm_strategy.messages import Reply

__all__ = ["Counting", "charge_replayed"]


@runtime_checkable
class Counting(Protocol):
    """A layer that counts what requests cost."""

    def replayed(self, request: ChatRequest, reply: Reply | None) -> None:
        """Count a request that was sent in an earlier run; no reply means that it failed."""
        ...


def charge_replayed(request: ChatRequest, reply: Reply | None) -> None:
    """Tell every layer in force that counts of a request which an earlier run has sent, and of its reply.

    Never raises for want of budget: what was spent is spent. The next request that is to be sent finds it used up.
    """
    for layer in layers_in_force():
        if isinstance(layer, Counting):
            layer.replayed(request, reply)
