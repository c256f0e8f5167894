"""The direct way to a server: the model's own client and body of the request, without langchain's runs and results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.chat.arriving import Arriving
from llm_strategy.chat.clients import clients_of
from llm_strategy.chat.completions import json_from_wire, reply_from_wire
from llm_strategy.chat.plain import is_plain, payload_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from langchain_core.language_models import BaseChatModel

    from llm_strategy.chat.sending import Sender
    from llm_strategy.messages import Chunk, Reply

__all__ = ["Direct", "adirect_way", "direct_way"]


@dataclass(frozen=True, slots=True)
class Direct:
    """One request, on its way around langchain."""

    sender: Sender
    """Sends it."""
    body: dict[str, Any]
    """What is sent."""

    def reply(self) -> Reply:
        """Send it, and return the reply. Raises what the client raises, and errors of ours."""
        return _reply(self.sender.send(self.body))

    async def areply(self) -> Reply:
        """Send it, and return the reply; see `reply`."""
        return _reply(await self.sender.asend(self.body))

    def stream(self) -> Generator[Chunk]:
        """Send it, and yield the reply piece by piece; see `reply`."""
        response = self.sender.send(self.body, stream=True)
        try:
            body = Arriving()
            for piece in response.iter_bytes():
                yield from body.of(piece)
                if body.done:
                    break
            yield from body.last()
        finally:
            response.close()

    async def astream(self) -> AsyncGenerator[Chunk]:
        """Send it, and yield the reply piece by piece; see `reply`."""
        response = await self.sender.asend(self.body, stream=True)
        try:
            body = Arriving()
            async for piece in response.aiter_bytes():
                for chunk in body.of(piece):
                    yield chunk
                if body.done:
                    break
            for chunk in body.last():
                yield chunk
        finally:
            await response.aclose()


def direct_way(
    model: BaseChatModel, messages: list[Any], arguments: dict[str, Any], *, bill: dict[str, Any] | None = None
) -> Direct | None:
    """Return the way of a request around langchain in a sync client; None where it is to go through langchain.

    With `bill`, which may be empty, the reply is streamed.
    """
    clients = clients_of(model)
    return None if clients is None else _way(clients.sender, model, messages, arguments, bill)


def adirect_way(
    model: BaseChatModel, messages: list[Any], arguments: dict[str, Any], *, bill: dict[str, Any] | None = None
) -> Direct | None:
    """Return the way of a request around langchain in an async client; see `direct_way`."""
    clients = clients_of(model)
    return None if clients is None else _way(clients.asender, model, messages, arguments, bill)


def _way(
    sender: Sender | None,
    model: BaseChatModel,
    messages: list[Any],
    arguments: dict[str, Any],
    bill: dict[str, Any] | None,
) -> Direct | None:
    if sender is None or not is_plain(model, streamed=bill is not None):
        return None
    body = payload_of(model, messages, arguments)
    if body is not None and bill is not None:
        body["stream"] = True
        if bill or getattr(model, "stream_usage", None):
            body["stream_options"] = {"include_usage": True}
    return None if body is None else Direct(sender, body)


def _reply(response: Any) -> Reply:
    return reply_from_wire(json_from_wire(response.content))
