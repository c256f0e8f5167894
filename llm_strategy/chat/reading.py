"""From a reply to its text, and to the value in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from llm_strategy.errors import NotAModelError, NoValueError
from llm_strategy.messages import Message
from llm_strategy.parsing.fenced import FencedReader
from llm_strategy.parsing.finish import check_finish
from llm_strategy.parsing.reader import Reading, ReplyReader
from llm_strategy.parsing.scan import looks_like_html
from llm_strategy.schema.fenced import fence_of

if TYPE_CHECKING:
    from llm_strategy.flow import OutputFormat
    from llm_strategy.messages import Reply
    from llm_strategy.schema import OutputSchema

__all__ = ["Reader", "item_reader_for", "read_text", "read_value", "reader_for", "said"]

T = TypeVar("T")


class Reader(Protocol[T]):
    """Reads values of one type out of replies."""

    def read(self, text: str, *, partial: bool = False) -> Reading[T]:
        """Return the value in a reply; with `partial`, in the beginning of one. Raises ReplyError."""
        ...


def reader_for(output: OutputSchema[T]) -> Reader[T]:
    """Return the reader of the replies that a type is asked for with. Raises DefinitionError."""
    fence = fence_of(output.annotation)
    if fence is not None:
        return FencedReader(output.adapter, fence.whole)
    return ReplyReader[T].of(output)


def item_reader_for(output: OutputSchema[T]) -> Reader[T]:
    """Return the reader of the items of a list of a type, each as JSON text. Raises DefinitionError.

    An item is no reply: text types stand in quotes in a list, and what looks like a thinking block or a fence inside a
    text is a part of it.
    """
    return _ItemReader(ReplyReader[T].of(output), output.key)


@dataclass(frozen=True, slots=True)
class _ItemReader(Generic[T]):
    reader: ReplyReader[T]
    key: str | None

    def read(self, text: str, *, partial: bool = False) -> Reading[T]:
        """Return the value of an item, read in the envelope that keeps it from being taken for a reply."""
        wrapped = text if self.key is None else f"{{{json.dumps(self.key)}: {text}}}"
        return self.reader.read(wrapped, partial=partial)


def read_value(reader: Reader[T], reply: Reply, form: OutputFormat) -> T:
    """Return the value in a reply, from whichever channel it came in.

    Raises:
        ReplyError: there is none.
    """
    text = _spoken(reply)
    check_finish(
        text,
        finish_reason=reply.finish_reason,
        refusal=reply.refusal,
        tool_names=[call.name for call in reply.message.tool_calls],
        known_tools=(form.name,) if form.method == "tool" else (),
    )
    try:
        return reader.read(text).value
    except NoValueError as error:
        if looks_like_html(text):
            raise NotAModelError(
                f"What answered is an HTML page and no model: {text[:200]!r}. Check the base URL of the model; a proxy "
                "or a login page may stand in between."
            ) from error
        raise


def read_text(reply: Reply) -> str:
    """Return the text of a reply. Raises ReplyError where the model declined, was cut off or said nothing."""
    text = _spoken(reply)
    called = [call.name for call in reply.message.tool_calls]
    check_finish(text, finish_reason=reply.finish_reason, refusal=reply.refusal, tool_names=called, known_tools=())
    return text


def said(reply: Reply) -> Message:
    """Return the model's turn as text, so that it can stand in any conversation, with or without tools."""
    return Message.assistant(_spoken(reply))


def _spoken(reply: Reply) -> str:
    calls = reply.message.tool_calls
    return calls[0].arguments if calls else reply.message.content
