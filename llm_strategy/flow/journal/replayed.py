"""Answers out of a journal: they leave the traces, and are charged to the budgets, of an unbroken run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.flow.codec import chunk_from, reply_from
from llm_strategy.flow.journal.streams import joined
from llm_strategy.flow.observed import observed
from llm_strategy.flow.requests import Stream
from llm_strategy.tracing import semconv
from llm_strategy.tracing.chat_span import chat_span, note_reply
from llm_strategy.tracing.recording import attached, current_span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from llm_strategy.flow.journal.store import Inside
    from llm_strategy.flow.requests import ChatRequest, Flow, OpenStream, Request
    from llm_strategy.messages import Chunk, Reply

__all__ = ["replayed_inside", "replayed_reply", "replayed_stream"]


def replayed_reply(request: ChatRequest, reply: Reply) -> Flow[Reply]:
    """Answer a request with a reply of an earlier run."""
    answer: Reply = yield from _observed(request, reply)
    return answer


def replayed_stream(
    request: OpenStream, chunks: tuple[tuple[Chunk, ...], bool], wanted_more: Callable[[], Exception]
) -> Flow[Stream]:
    """Answer a request with the pieces of an earlier run.

    Args:
        request: what is asked.
        chunks: the pieces, and whether the program had closed the stream behind them.
        wanted_more: returns the error for a program that does not close it there now.
    """
    pieces, partial = chunks
    stream = Stream.of(pieces) if not partial else Stream(_until(pieces, wanted_more), _auntil(pieces, wanted_more))
    answer: Stream = yield from _observed(request, stream)
    return answer


def replayed_inside(answers: Sequence[Inside]) -> Flow[None]:
    """Record what was answered while a request was carried out that is now replayed as a whole."""
    around = current_span()
    for one in answers:
        reply = _reply_inside(one)
        if around is not None and reply is not None:
            about = one["about"]
            span = chat_span(around, str(about.get("name", "")), str(about.get("provider", "")), {})
            with attached(span):
                span.set(semconv.REPLAYED, value=True)
                note_reply(span, reply)
    return
    yield  # a flow, like its neighbours: budgets are charged through requests


def _reply_inside(one: Inside) -> Reply | None:
    if one["kind"] == "chat":
        return reply_from(one["answer"], one["where"])
    if one["kind"] == "stream":
        return joined([chunk_from(data, one["where"]) for data in one["answer"]])
    return None


def _observed(request: Request, answer: Any) -> Flow[Any]:
    around = current_span()
    return answer if around is None else (yield from observed(request, around, lambda _: _marked(answer)))


def _marked(answer: Any) -> Flow[Any]:
    span = current_span()
    if span is not None:
        span.set(semconv.REPLAYED, value=True)
    return answer
    yield


def _until(pieces: tuple[Chunk, ...], wanted_more: Callable[[], Exception]) -> Iterator[Chunk]:
    yield from pieces
    raise wanted_more()


async def _auntil(pieces: tuple[Chunk, ...], wanted_more: Callable[[], Exception]) -> AsyncIterator[Chunk]:
    for piece in pieces:
        yield piece
    raise wanted_more()
