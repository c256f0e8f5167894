"""Asking for values that arrive piece by piece: the items of a list, or one value that grows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.chat.ask import Attempts, Question, attempted
from llm_strategy.chat.reading import read_value, said
from llm_strategy.errors import EmptyReplyError, InputError, OversizedReplyError, ReplyError, TransportError
from llm_strategy.flow import CloseStream, Emit, NextChunk, OpenStream, Stream
from llm_strategy.flow.codec import json_of
from llm_strategy.messages import Chunk, Message, Reply, ToolCall
from llm_strategy.parsing.items import ItemScanner
from llm_strategy.parsing.limits import MAX_CHARACTERS
from llm_strategy.parsing.partial_reader import PartialReader
from llm_strategy.schema.partial import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.chat.reading import Reader
    from llm_strategy.flow import Flow
    from llm_strategy.schema import OutputSchema

__all__ = ["stream_items", "stream_partials"]

T = TypeVar("T")


def stream_items(question: Question[list[T]], reader: Reader[T]) -> Flow[None]:
    """Emit the items of a list, each as soon as the model has finished writing it.

    What was emitted cannot be taken back. Where an answer breaks off, or does not fit, the model answers again; of that
    answer, the items are emitted that are not equal to ones emitted before it. So each item of the whole, valid answer
    is emitted, as often as it stands there; before, there may be items of answers that failed later on.

    Args:
        question: what is asked, for the whole list.
        reader: reads one item, see `item_reader_for`.

    Raises:
        AttemptsExhaustedError: no attempt gave the whole list.
        ReplyError: the model declined.
        TransportError: no reply came, or the last attempt broke off.
        UnsupportedError: the model turned down every method that it was asked by.
    """
    emitted = _Emitted(question.prompt.output)

    def follow(stream: Stream, attempts: Attempts[list[T]]) -> Flow[None]:
        so_far, scanner, position = _SoFar(), ItemScanner(question.prompt.output.key), 0
        emitted.begin()
        while (chunk := (yield NextChunk(stream))) is not None:
            so_far.add(chunk, attempts)
            if so_far.calls:
                scanner, position = ItemScanner(question.prompt.output.key), 0
                emitted.begin()
            for text in scanner.feed(so_far.new):
                value = _read_item(reader, text, so_far)
                position += 1
                if emitted.is_new(value):
                    yield Emit(value)
        values = read_value(question.reader, so_far.reply(), attempts.form)
        for value in values[position:]:
            if emitted.is_new(value):
                yield Emit(value)

    return (yield from _streamed(question, follow))


def stream_partials(question: Question[T]) -> Flow[None]:
    """Emit a value again and again while it grows, as a `Partial[T]`; the last one is whole, valid, and a `T`.

    Where an answer breaks off, or does not fit, the model answers again, and the value grows anew: it may hold less
    than the one before it. `growth(value).attempt` tells which answer it is of.

    Raises:
        AttemptsExhaustedError: no reply held a value of the type.
        ReplyError: the model declined.
        TransportError: no reply came, or the last attempt broke off.
        UnsupportedError: the model turned down every method that it was asked by.
    """

    def follow(stream: Stream, attempts: Attempts[T]) -> Flow[None]:
        so_far, last = _SoFar(), None
        growing = PartialReader(question.prompt.output, attempts.number)
        while (chunk := (yield NextChunk(stream))) is not None:
            so_far.add(chunk, attempts)
            if so_far.calls:
                growing = PartialReader(question.prompt.output, attempts.number)
            value = growing.feed(so_far.new) if so_far.new else MISSING
            if value is not MISSING:
                last = value
                yield Emit(value)
        whole = read_value(question.reader, so_far.reply(), attempts.form)
        if not (type(whole) is type(last) and isinstance(whole, str) and whole == last):
            yield Emit(whole)

    return (yield from _streamed(question, follow))


def _streamed(question: Question[T], follow: Callable[[Stream, Attempts[T]], Flow[None]]) -> Flow[None]:
    def once(attempts: Attempts[T]) -> Flow[None]:
        stream = yield from _opened(attempts)
        try:
            yield from follow(stream, attempts)
        except (ReplyError, TransportError):
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


@dataclass(slots=True)
class _Emitted:
    """Which items were emitted, by their hashes: of a later answer, those are not emitted again."""

    output: OutputSchema[Any]
    known: Counter[bytes] = field(default_factory=Counter[bytes])
    left: Counter[bytes] = field(default_factory=Counter[bytes])

    def begin(self) -> None:
        """Begin with the next answer."""
        self.left = Counter(self.known)

    def is_new(self, item: object) -> bool:
        """Take the next item of an answer; return whether it is to be emitted."""
        key = self._key(item)
        if self.left[key]:
            self.left[key] -= 1
            return False
        self.known[key] += 1
        return True

    def _key(self, item: object) -> bytes:
        try:
            text = json_of(self.output.dump([item]))
        except (InputError, TypeError, ValueError):  # a type of the user's that is read, and never written
            text = repr(item)
        return sha256(text.encode(errors="surrogatepass")).digest()[:16]


@dataclass(slots=True)
class _SoFar:
    """What has come of a streamed reply."""

    pieces: list[str] = field(default_factory=list[str])
    new: str = ""
    """What is new of the value."""
    calls: bool = False
    """Whether a call of a tool begins with it."""
    length: int = 0
    finish_reason: str | None = None
    refusal: str = ""
    tools: list[str] = field(default_factory=list[str])

    def add(self, chunk: Chunk, attempts: Attempts[Any]) -> None:
        """Take the next piece; of several calls of tools, the first one counts, as in a reply that is not streamed.

        Raises:
            OversizedReplyError: the reply is longer than any that is read.
        """
        attempts.begun = True
        self.calls = bool(chunk.tool) and not self.tools
        if chunk.tool:
            self.tools.append(chunk.tool)
        if self.calls:
            self.pieces.clear()  # what is said before a call is no part of the value
        first = chunk.call == 1 if chunk.call else len(self.tools) < _SECOND_CALL
        self.new = chunk.text if first else ""
        self.length += len(chunk.text)
        if self.length > MAX_CHARACTERS:
            words = f"The reply is longer than {MAX_CHARACTERS} characters. Reply shorter."
            raise OversizedReplyError(words, reply=self.text)
        self.pieces.append(self.new)
        self.finish_reason = chunk.finish_reason or self.finish_reason
        self.refusal += chunk.refusal or ""

    @property
    def text(self) -> str:
        """All characters so far."""
        return "".join(self.pieces)

    def reply(self) -> Reply:
        """Return the whole as a reply."""
        text = self.text
        calls = tuple(ToolCall(name, text) for name in self.tools)
        message = Message("assistant", "", calls) if calls else Message.assistant(text)
        return Reply(message, self.finish_reason, self.refusal or None)


_SECOND_CALL = 2
