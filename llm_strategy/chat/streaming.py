"""Asking for values that arrive piece by piece: the items of a list, or one value that grows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.chat.ask import Attempts, Question, attempted
from llm_strategy.chat.reading import read_value, said
from llm_strategy.errors import EmptyReplyError, ReplyError
from llm_strategy.flow import CloseStream, Emit, NextChunk, OpenStream, Stream
from llm_strategy.messages import Chunk, Message, Reply
from llm_strategy.parsing.items import ItemScanner

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.chat.reading import Reader
    from llm_strategy.flow import Flow, OutputFormat

__all__ = ["stream_items", "stream_partials"]

T = TypeVar("T")

_NEW_PART = 50
"""A growing value is read again when a part of this size is new, so that its reading takes linear time altogether."""


def stream_items(question: Question[list[T]], reader: Reader[T]) -> Flow[None]:
    """Emit the items of a list, each as soon as the model has finished writing it.

    An item that does not fit makes the model answer again; the items that were emitted before are not emitted twice.

    Args:
        question: what is asked, for the whole list.
        reader: reads one item, see `item_reader_for`.

    Raises:
        AttemptsExhaustedError: no attempt gave the whole list.
        ReplyError: the model declined.
        TransportError: no reply came, or it broke off.
        UnsupportedError: the model turned down every method that it was asked by.
    """
    emitted = 0

    def follow(stream: Stream, form: OutputFormat) -> Flow[None]:
        nonlocal emitted
        so_far, scanner, position = _SoFar(), ItemScanner(question.prompt.output.key), 0
        while (chunk := (yield NextChunk(stream))) is not None:
            so_far.add(chunk)
            for text in scanner.feed(chunk.text):
                value = _read_item(reader, text, so_far)
                position += 1
                if position > emitted:
                    yield Emit(value)
                    emitted = position
        values = read_value(question.reader, so_far.reply(), form)
        for value in values[max(emitted, position) :]:
            yield Emit(value)
            emitted += 1

    return (yield from _streamed(question, follow))


def stream_partials(question: Question[T]) -> Flow[None]:
    """Emit a value again and again while it grows; the last one is whole and valid.

    Raises:
        AttemptsExhaustedError: no reply held a value of the type.
        ReplyError: the model declined.
        TransportError: no reply came, or it broke off.
        UnsupportedError: the model turned down every method that it was asked by.
    """

    def follow(stream: Stream, form: OutputFormat) -> Flow[None]:
        so_far, last, enough = _SoFar(), None, 0
        while (chunk := (yield NextChunk(stream))) is not None:
            so_far.add(chunk)
            if not chunk.text or so_far.length < enough:
                continue
            enough = so_far.length + so_far.length // _NEW_PART
            value = _grown(question.reader, so_far.text)
            if value is not None and not _same(value, last):
                last = value
                yield Emit(value)
        whole = read_value(question.reader, so_far.reply(), form)
        if whole is None or not _same(whole, last):
            yield Emit(whole)

    return (yield from _streamed(question, follow))


def _streamed(question: Question[T], follow: Callable[[Stream, OutputFormat], Flow[None]]) -> Flow[None]:
    def once(attempts: Attempts[T]) -> Flow[None]:
        stream = yield from _opened(attempts)
        try:
            yield from follow(stream, attempts.form)
        except ReplyError:
            yield CloseStream(stream)
            raise

    return (yield from attempted(question, once))


def _opened(attempts: Attempts[Any]) -> Flow[Stream]:
    """Open the next reply. After an empty one, ask for it as a whole: langchain drops refusals in streams."""
    if not isinstance(attempts.problem, EmptyReplyError):
        stream: Stream = yield OpenStream(attempts.request())
        return stream
    reply: Reply = yield attempts.request()
    return Stream.of([Chunk(said(reply).content, reply.finish_reason, reply.refusal, reply.usage)])


def _read_item(reader: Reader[T], text: str, so_far: _SoFar) -> T:
    try:
        return reader.read(text).value
    except ReplyError as error:
        error.reply = so_far.text  # the model is shown what it wrote, up to the item that does not fit
        raise


def _grown(reader: Reader[Any], text: str) -> Any:
    try:
        return reader.read(text, partial=True).value
    except ReplyError:
        return None  # too little has come to make a value of


def _same(one: Any, other: Any) -> bool:
    """Whether two values cannot be told apart: `1` and `IntEnum(1)` are equal, and only one of them is of the type."""
    try:
        return bool(one == other) and repr(one) == repr(other)
    except Exception:  # noqa: BLE001 (values are of any type; arrays have no truth value)
        return False


@dataclass(slots=True)
class _SoFar:
    """What has come of a streamed reply."""

    pieces: list[str] = field(default_factory=list[str])
    length: int = 0
    finish_reason: str | None = None
    refusal: str = ""

    def add(self, chunk: Chunk) -> None:
        """Take the next piece."""
        self.pieces.append(chunk.text)
        self.length += len(chunk.text)
        self.finish_reason = chunk.finish_reason or self.finish_reason
        self.refusal += chunk.refusal or ""

    @property
    def text(self) -> str:
        """All characters so far."""
        return "".join(self.pieces)

    def reply(self) -> Reply:
        """Return the whole as a reply."""
        return Reply(Message.assistant(self.text), self.finish_reason, self.refusal or None)
