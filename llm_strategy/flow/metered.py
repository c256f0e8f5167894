"""Counting what really goes to models: tokens, and what they cost."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from llm_strategy.flow.ranks import METER
from llm_strategy.flow.requests import ChatRequest, OpenStream, Stream
from llm_strategy.messages import Reply, Usage
from llm_strategy.tracing.prices import Prices
from llm_strategy.tracing.recording import current_span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from llm_strategy.flow.layers import Onward, Path
    from llm_strategy.flow.model import ChatModel
    from llm_strategy.flow.requests import Flow, Request
    from llm_strategy.messages import Chunk

__all__ = ["Meter"]


class Meter:
    """A layer that counts what the replies of its scope cost. What a cache or a journal knows costs nothing.

    Safe to use from any thread. A request that failed may have been billed: it is not counted.
    """

    rank = METER

    def __init__(self) -> None:
        self.usage = Usage()
        """Tokens so far."""
        self.cost: float | None = 0.0
        """US dollars so far; None as soon as the price of one reply is not known."""
        self._lock = Lock()
        span = current_span()
        self._prices = Prices.known() if span is None else span.session.prices

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:  # noqa: ARG002
        """Pass the request on, and count the reply."""
        answer: object = yield from onward(request)
        if isinstance(answer, Reply) and isinstance(request, ChatRequest) and not answer.cached:
            self.add(answer.usage, request.model, answer.model)
        elif isinstance(answer, Stream) and isinstance(request, OpenStream):
            self._follow(answer, request.request.model)
        return answer

    def spent(self) -> tuple[int, float | None]:
        """Return tokens and US dollars so far."""
        with self._lock:
            return self.usage.input_tokens + self.usage.output_tokens, self.cost

    def add(self, usage: Usage, model: ChatModel, named: str | None = None) -> None:
        """Count the tokens of a reply."""
        provider: object = getattr(model, "provider", "")
        names = (named, model.name) if named else (model.name,)
        self.take(usage, self._prices.cost(names, usage, provider if isinstance(provider, str) else ""))

    def take(self, usage: Usage, cost: float | None) -> None:
        """Count what was counted elsewhere."""
        with self._lock:
            self.usage += usage
            self.cost = None if cost is None or self.cost is None else self.cost + cost

    def _follow(self, stream: Stream, model: ChatModel) -> None:
        if stream.chunks is not None:
            stream.chunks = self._counted(stream.chunks, model)
        if stream.achunks is not None:
            stream.achunks = self._acounted(stream.achunks, model)

    def _counted(self, chunks: Iterator[Chunk], model: ChatModel) -> Iterator[Chunk]:
        try:
            for chunk in chunks:
                self._saw(chunk, model)
                yield chunk
        finally:
            Stream(chunks=chunks).close()

    async def _acounted(self, chunks: AsyncIterator[Chunk], model: ChatModel) -> AsyncIterator[Chunk]:
        try:
            async for chunk in chunks:
                self._saw(chunk, model)
                yield chunk
        finally:
            await Stream(achunks=chunks).aclose()

    def _saw(self, chunk: Chunk, model: ChatModel) -> None:
        if chunk.usage is not None and not chunk.cached:
            self.add(chunk.usage, model, chunk.model)
