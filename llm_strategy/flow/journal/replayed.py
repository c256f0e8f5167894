"""Answers out of a journal: they leave the traces, and are charged to the budgets, of an unbroken run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import JournalError
from llm_strategy.flow.codec import reply_from
from llm_strategy.flow.journal.difference import messages_of
from llm_strategy.flow.journal.streams import chunks_from, joined
from llm_strategy.flow.model import Profile
from llm_strategy.flow.observed import observed
from llm_strategy.flow.replayed import charge_replayed
from llm_strategy.flow.requests import ChatRequest, Stream
from llm_strategy.messages import Message
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recording import current_span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from llm_strategy.flow.journal.store import Inside
    from llm_strategy.flow.requests import Flow, OpenStream, Request
    from llm_strategy.messages import Chunk, Reply

__all__ = ["replayed_inside", "replayed_reply", "replayed_stream"]


def replayed_reply(request: ChatRequest, reply: Reply) -> Flow[Reply]:
    """Answer a request with a reply of an earlier run."""
    charge_replayed(request, reply)
    answer: Reply = yield from _observed(request, reply)
    return answer


def replayed_stream(
    request: OpenStream, pieces: tuple[Chunk, ...], wanted_more: Callable[[], Exception] | None
) -> Flow[Stream]:
    """Answer a request with the pieces of an earlier run.

    Args:
        request: what is asked.
        pieces: what came.
        wanted_more: where the program had closed the stream behind them: the error for one that does not do so now.
    """
    charge_replayed(request.request, joined(pieces))
    stream = (
        Stream.of(pieces) if wanted_more is None else Stream(_until(pieces, wanted_more), _auntil(pieces, wanted_more))
    )
    answer: Stream = yield from _observed(request, stream)
    return answer


def replayed_inside(answers: Sequence[Inside]) -> Flow[None]:
    """Go once more through what was answered while a request was carried out that is now replayed as a whole."""
    for one in answers:
        if one["kind"] in {"chat", "stream"}:
            yield from replayed_reply(_past_request(one), _past_reply(one))


def _past_request(one: Inside) -> ChatRequest:
    about = one["about"]
    said = [(message.get("role"), str(message.get("text", ""))) for message in messages_of(about)]
    turns = tuple(Message.assistant(text) if role == "assistant" else Message.user(text) for role, text in said)
    return ChatRequest(_PastModel(str(about.get("name", "")), str(about.get("provider", ""))), turns)


def _past_reply(one: Inside) -> Reply:
    answer, where = one["answer"], one["where"]
    return reply_from(answer, where) if one["kind"] == "chat" else joined(chunks_from(answer, where))


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


@dataclass(frozen=True, slots=True)
class _PastModel:
    """Stands for a model that was asked in an earlier run: for its name and its price, since it is never asked."""

    name: str
    provider: str
    profile: Profile = field(default_factory=Profile)

    def reply(self, request: ChatRequest) -> Reply:  # pragma: no cover
        raise _never_asked(request)

    async def areply(self, request: ChatRequest) -> Reply:  # pragma: no cover
        raise _never_asked(request)

    def stream(self, request: ChatRequest) -> Iterator[Chunk]:  # pragma: no cover
        raise _never_asked(request)

    def astream(self, request: ChatRequest) -> AsyncIterator[Chunk]:  # pragma: no cover
        raise _never_asked(request)


def _never_asked(request: ChatRequest) -> JournalError:  # pragma: no cover
    return JournalError(f"{request.model.name!r} is a model of an earlier run and cannot be asked.")
