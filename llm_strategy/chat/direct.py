"""The direct way to a server: the model's own client and body of the request, without langchain's runs and results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.chat.clients import clients_of
from llm_strategy.chat.completions import (
    ErrorInBodyError,
    UnreadableError,
    chunk_from_wire,
    json_from_wire,
    reply_from_wire,
)
from llm_strategy.chat.events import EventReader
from llm_strategy.chat.plain import is_plain, payload_of
from llm_strategy.messages import Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator

    from langchain_core.language_models import BaseChatModel

    from llm_strategy.chat.sending import Sender
    from llm_strategy.messages import Reply

__all__ = ["Direct", "adirect_way", "direct_way"]

_KEPT = 2_000


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
            if not _is_stream(response):
                response.read()
                yield _whole(_reply(response))
                return
            chunks = _Chunks()
            for piece in response.iter_bytes():
                yield from chunks.of(piece)
            yield from chunks.last()
        finally:
            response.close()

    async def astream(self) -> AsyncGenerator[Chunk]:
        """Send it, and yield the reply piece by piece; see `reply`."""
        response = await self.sender.asend(self.body, stream=True)
        try:
            if not _is_stream(response):
                await response.aread()
                yield _whole(_reply(response))
                return
            chunks = _Chunks()
            async for piece in response.aiter_bytes():
                for chunk in chunks.of(piece):
                    yield chunk
            for chunk in chunks.last():
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


def _is_stream(response: Any) -> bool:
    """Whether events come. Servers that name no type, or the wrong one, are given the benefit of the doubt."""
    kind: str = response.headers.get("content-type", "")
    return "json" not in kind and "html" not in kind


def _whole(reply: Reply) -> Chunk:
    call = next(iter(reply.message.tool_calls), None)
    text, tool = (reply.message.content, "") if call is None else (call.arguments, call.name)
    return Chunk(text, reply.finish_reason, reply.refusal, reply.usage, reply.model, tool=tool)


class _Chunks:
    """Reads events into pieces of a reply, and notices when the end is missing."""

    def __init__(self) -> None:
        self._events = EventReader()
        self._over = False
        self._text = ""

    def of(self, piece: bytes) -> Iterator[Chunk]:
        """Yield what a piece of bytes makes whole."""
        for data in self._events.feed(piece):
            yield from self._read(data)

    def last(self) -> Iterator[Chunk]:
        """Yield what is left at the end. Raises UnreadableError: the end is missing."""
        for data in self._events.rest():
            yield from self._read(data)
        if not self._over:
            what = "broke off before its end" if self._text else "holds no event"
            raise UnreadableError(f"the stream {what}", self._text)

    def _read(self, data: str) -> Iterator[Chunk]:
        if data.strip() == "[DONE]":
            self._over = True
            return
        body = json_from_wire(data)
        if self._events.failed:
            raise ErrorInBodyError(body)
        self._text = self._text if len(self._text) > _KEPT else self._text + data
        chunk = chunk_from_wire(body)
        self._over = self._over or chunk.finish_reason is not None
        if chunk != _NOTHING:
            yield chunk


_NOTHING = Chunk()
