"""The messages that a call would begin with, found without asking anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError, UnsupportedError
from llm_strategy.flow import ChatRequest, Parallel, Profile
from llm_strategy.tracing.recording import untraced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from llm_strategy.flow import Flow
    from llm_strategy.messages import Chunk, Message, Reply

__all__ = ["NOBODY", "first_messages"]


class _Nobody:
    """Stands for the model where a question is only looked at."""

    name = "nobody"
    profile = Profile(("prompt",))

    def reply(self, request: ChatRequest) -> Reply:
        """Refuse."""
        raise UnsupportedError(f"Nobody answers {request.messages[-1].content!r}: it is a preview of a prompt.")

    async def areply(self, request: ChatRequest) -> Reply:
        """Refuse."""
        return self.reply(request)

    def stream(self, request: ChatRequest) -> Iterator[Chunk]:
        """Refuse."""
        raise UnsupportedError(f"Nobody answers {request.messages[-1].content!r}: it is a preview of a prompt.")

    def astream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Refuse."""
        raise UnsupportedError(f"Nobody answers {request.messages[-1].content!r}: it is a preview of a prompt.")


NOBODY = _Nobody()
"""A model for questions that are never sent."""


def _after(flow: Flow[Any]) -> Any:
    """Return what a flow asks for next, after something that only makes ready what later requests need."""
    try:
        return flow.send(None)
    except StopIteration:
        return None


def first_messages(flow: Flow[Any], where: str) -> tuple[Message, ...]:
    """Return the conversation of the first request of a flow; of flows side by side, of the first one.

    Raises:
        ConfigurationError: the flow begins with something else than a question to a model.
    """
    with untraced():
        try:
            wanted = next(flow, None)
            while isinstance(wanted, Parallel) and (first := next(iter(wanted.flows), None)) is not None:
                flow.close()
                flow = first
                wanted = next(flow, None)
            while getattr(wanted, "is_preparation", False):
                wanted = _after(flow)
        finally:
            flow.close()
    if isinstance(wanted, ChatRequest):
        return wanted.messages
    raise ConfigurationError(
        f"{where!r}: its method of reasoning does not begin with a question to the model, so there is no prompt to "
        "show. Look at the prompt with using(reasoning=None)."
    )
