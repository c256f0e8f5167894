"""Asking for values that arrive piece by piece: the items of a list, or one value that grows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.chat.ask import Attempts, Question, methods_to_try
from llm_strategy.chat.reading import read_value
from llm_strategy.errors import ReplyError, UnsupportedError
from llm_strategy.flow import Emit, NextChunk, OpenStream
from llm_strategy.messages import Chunk, Message, Reply
from llm_strategy.parsing.items import ItemScanner

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.chat.reading import Reader
    from llm_strategy.flow import Flow, Method, Stream

__all__ = ["stream_items", "stream_partials"]

T = TypeVar("T")


def stream_items(question: Question[list[T]], reader: Reader[T]) -> Flow[None]:
    """Emit the items of a list, each as soon as the model has finished writing it.

    An item that does not fit makes the model answer again; the items that were emitted before are not emitted twice.

    Raises:
        AttemptsExhaustedError: no attempt gave the whole list.
        ReplyError: the model declined.
        TransportError: no reply came, or it broke off.
    """
    emitted = 0

    def follow(attempts: Attempts[list[T]]) -> Flow[None]:
        nonlocal emitted
        so_far, scanner, position = _SoFar(), ItemScanner(), 0
        stream: Stream = yield OpenStream(attempts.request())
        while (chunk := (yield NextChunk(stream))) is not None:
            so_far.add(chunk)
            for text in scanner.feed(chunk.text):
                value = _read_item(reader, text, so_far.text)
                position += 1
                if position > emitted:
                    yield Emit(value)
                    emitted = position
        values = read_value(question.reader, so_far.reply(), attempts.form)
        for value in values[max(emitted, position) :]:
            yield Emit(value)
            emitted += 1

    yield from _until_whole(question, follow)


def stream_partials(question: Question[T]) -> Flow[None]:
    """Emit a value again and again while it grows; the last one is whole and valid.

    Raises:
        AttemptsExhaustedError: no reply held a value of the type.
        ReplyError: the model declined.
        TransportError: no reply came, or it broke off.
    """

    def follow(attempts: Attempts[T]) -> Flow[None]:
        so_far, last = _SoFar(), object()
        stream: Stream = yield OpenStream(attempts.request())
        while (chunk := (yield NextChunk(stream))) is not None:
            so_far.add(chunk)
            value = _grown(question.reader, so_far.text) if chunk.text else None
            if value is not None and value != last:
                last = value
                yield Emit(value)
        whole = read_value(question.reader, so_far.reply(), attempts.form)
        if whole != last:
            yield Emit(whole)

    yield from _until_whole(question, follow)


def _until_whole(question: Question[T], follow: Callable[[Attempts[T]], Flow[None]]) -> Flow[None]:
    for method, last in methods_to_try(question):
        try:
            return (yield from _by(question, method, follow))
        except UnsupportedError:
            if last or question.method is not None:
                raise
    return None


def _by(question: Question[T], method: Method, follow: Callable[[Attempts[T]], Flow[None]]) -> Flow[None]:
    attempts = Attempts(question, method)
    while True:
        try:
            return (yield from follow(attempts))
        except ReplyError as error:
            attempts.failed(error)


def _read_item(reader: Reader[T], text: str, reply: str) -> T:
    try:
        return reader.read(text).value
    except ReplyError as error:
        error.reply = reply
        raise


def _grown(reader: Reader[Any], text: str) -> Any:
    try:
        return reader.read(text, partial=True).value
    except ReplyError:
        return None  # too little has come to make a value of


@dataclass(slots=True)
class _SoFar:
    """What has come of a streamed reply."""

    pieces: list[str] = field(default_factory=list[str])
    finish_reason: str | None = None
    refusal: str = ""

    def add(self, chunk: Chunk) -> None:
        """Take the next piece."""
        self.pieces.append(chunk.text)
        self.finish_reason = chunk.finish_reason or self.finish_reason
        self.refusal += chunk.refusal or ""

    @property
    def text(self) -> str:
        """All characters so far."""
        return "".join(self.pieces)

    def reply(self) -> Reply:
        """Return the whole as a reply."""
        return Reply(Message.assistant(self.text), self.finish_reason, self.refusal or None)
