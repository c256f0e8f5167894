"""The innermost layer: it sees what really goes to a model, and makes the leaf spans of a trace out of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from llm_strategy.flow.pieces import PiecesSoFar
from llm_strategy.flow.requests import ChatRequest, OpenStream, Stream
from llm_strategy.tracing import semconv
from llm_strategy.tracing.chat_span import chat_span, note_failure, note_messages, note_reply, note_tools
from llm_strategy.tracing.recording import attached

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from llm_strategy.flow.layers import Onward
    from llm_strategy.flow.model import ToolSpec
    from llm_strategy.flow.requests import Flow, Request
    from llm_strategy.messages import Chunk, Reply
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["observed"]


def observed(request: Request, around: OpenSpan, onward: Onward) -> Flow[Any]:
    """Answer a request, and record it under the span around it where it goes to a model."""
    if isinstance(request, ChatRequest):
        return _reply(request, _span(request, around), onward)
    if isinstance(request, OpenStream):
        return _stream(request, _span(request.request, around), onward)
    return onward(request)


def _span(request: ChatRequest, around: OpenSpan) -> OpenSpan:
    model = request.model
    around.session.learn(model)
    provider = getattr(model, "provider", "")
    span = chat_span(around, model.name, provider if isinstance(provider, str) else "", request.sampling.arguments())
    if request.retry:
        span.mark(semconv.RETRY, request.retry)
    note_messages(span, request.messages)
    note_tools(span, [_told(tool) for tool in request.output.tools])
    return span


def _told(tool: ToolSpec) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "parameters": tool.schema}


def _reply(request: ChatRequest, span: OpenSpan, onward: Onward) -> Flow[Reply]:
    with attached(span):
        try:
            reply: Reply = yield from onward(request)
        except Exception as error:
            note_failure(span, error)
            raise
        note_reply(span, reply)
        return reply


def _stream(request: OpenStream, span: OpenSpan, onward: Onward) -> Flow[Stream]:
    span.set(semconv.STREAMED, value=True)
    watch = _Watch(span)
    try:
        with attached(span, ending=False):
            stream: Stream = yield from onward(request)
    except BaseException as error:
        watch.over(error)
        raise
    if stream.chunks is not None:
        stream.chunks = _Chunks(stream.chunks, watch)
    if stream.achunks is not None:
        stream.achunks = _AsyncChunks(stream.achunks, watch)
    return stream


class _Watch:
    """Follows a streamed reply, and ends its span once, however it ends."""

    def __init__(self, span: OpenSpan) -> None:
        self.span = span
        self._began = time.perf_counter()
        self._so_far = PiecesSoFar()
        self._began_to_speak = self._seen = self._over = False

    def saw(self, chunk: Chunk) -> None:
        """Take note of a piece."""
        if chunk.text and not self._began_to_speak:
            self._began_to_speak = True
            self.span.set(semconv.FIRST_CHUNK, round(time.perf_counter() - self._began, 6))
        self._seen = True
        self._so_far.add(chunk)

    def over(self, error: BaseException | None = None) -> None:
        """End the span: at the end of the reply, with an error, or before it because nobody wants the rest."""
        if self._over:
            return
        self._over = True
        if self._seen:
            note_reply(self.span, self._so_far.reply())
        elif error is not None:
            note_failure(self.span, error)
        self.span.leave(error)


class _Chunks:
    """The pieces of a streamed reply in a sync driver; the model works inside the reply's span."""

    def __init__(self, chunks: Iterator[Chunk], watch: _Watch) -> None:
        self._chunks = chunks
        self._watch = watch

    def __iter__(self) -> _Chunks:
        return self

    def __next__(self) -> Chunk:
        try:
            with attached(self._watch.span, ending=False):
                chunk = next(self._chunks)
        except StopIteration:
            self._watch.over()
            raise
        except BaseException as error:
            self._watch.over(error)
            raise
        self._watch.saw(chunk)
        return chunk

    def close(self) -> None:
        """End the reply."""
        try:
            close = getattr(self._chunks, "close", None)
            if close is not None:
                close()
        finally:
            self._watch.over(GeneratorExit())


class _AsyncChunks:
    """The pieces of a streamed reply in an async driver; the model works inside the reply's span."""

    def __init__(self, chunks: AsyncIterator[Chunk], watch: _Watch) -> None:
        self._chunks = chunks
        self._watch = watch

    def __aiter__(self) -> _AsyncChunks:
        return self

    async def __anext__(self) -> Chunk:
        try:
            with attached(self._watch.span, ending=False):
                chunk = await anext(self._chunks)
        except StopAsyncIteration:
            self._watch.over()
            raise
        except BaseException as error:
            self._watch.over(error)
            raise
        self._watch.saw(chunk)
        return chunk

    async def aclose(self) -> None:
        """End the reply."""
        try:
            close = getattr(self._chunks, "aclose", None)
            if close is not None:
                await close()
        finally:
            self._watch.over(GeneratorExit())
