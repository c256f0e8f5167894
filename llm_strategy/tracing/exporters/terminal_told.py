"""What stands below a span in a terminal: why it failed, what went in, what came out, what it touched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from rich.text import Text

from llm_strategy.tracing import semconv
from llm_strategy.tracing.chats import merged_chats
from llm_strategy.tracing.exporters.figures import clipped
from llm_strategy.tracing.exporters.terminal_actions import action_texts
from llm_strategy.tracing.printable import printable, printable_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.tracing.exporters.terminal_rows import Row
    from llm_strategy.tracing.records import EventRecord, SpanRecord

__all__ = ["told_below"]

_LONGEST_PROBLEM = 2000
_LONGEST_TEXT = 400


def told_below(row: Row, *, content: bool, full: bool = False) -> Iterator[Text]:
    """Yield each text about a span.

    Args:
        row: where the span stands.
        content: whether it may be said what models were told and said, and what code was run.
        full: whether long texts are shown whole.
    """
    span = row.node.span
    if content and span.kind == "code":
        yield from action_texts(span, full=full)
    if span.failed and not (content and span.kind == "code" and span.text(semconv.CODE_OUTPUT)):
        yield from (Text(text, "red") for text in _problem(row, content=content, full=full))
    if content:
        yield from (Text(_shown(text, full=full), "dim") for text in _content(span, row.around) if text)
    yield from (Text(printable_line(text, _LONGEST_TEXT), "dim") for text in map(_event, span.events) if text)


def _shown(text: str, *, full: bool) -> str:
    return printable(text).expandtabs(4).strip() if full else printable_line(text, _LONGEST_TEXT)


def _problem(row: Row, *, content: bool, full: bool) -> Iterator[str]:
    """Yield why a span failed, unless the span around it says the same."""
    span, around = row.node.span, row.around
    if around is not None and around.failed and around.message == span.message:
        return
    kind = printable_line(span.text(semconv.ERROR_TYPE))
    message = printable(span.message).expandtabs(4).strip() if content else ""
    message = message if full else clipped(message, _LONGEST_PROBLEM)
    if message and kind and not message.startswith(kind):
        message = f"{kind}: {message}"
    yield message or kind or "failed"


def _content(span: SpanRecord, around: SpanRecord | None) -> Iterator[str]:
    match span.kind:
        case "function":
            yield _call(span, semconv.ARGUMENTS, semconv.RESULT)
        case "tool":
            yield _call(span, semconv.TOOL_ARGUMENTS, semconv.TOOL_RESULT)
        case "chat" if around is not None and around.kind == "attempt" and around.failed:
            yield from (f"reply: {text}" for text in _replies(span))
        case _:
            pass


def _call(span: SpanRecord, arguments: str, result: str) -> str:
    """Return a call with its result as its author would write it."""
    shown, value = span.text(arguments), span.text(result)
    data = span.data(arguments)
    if isinstance(data, dict):
        named = cast("dict[str, object]", data).items()
        shown = ", ".join(f"{name}={json.dumps(one, ensure_ascii=False)}" for name, one in named)
    return f"({shown}){f' -> {value}' if value else ''}" if shown or value else ""


def _replies(span: SpanRecord) -> Iterator[str]:
    for conversation in merged_chats([span]):
        yield from (node.content for _, node in conversation.walk() if node.reply)


def _event(event: EventRecord) -> str:
    if event.name == semconv.FILE:
        return f"{event.text(semconv.FILE_OPERATION)} {event.text(semconv.FILE_PATH)}"
    if event.name == semconv.EVALUATION:
        score = event.number(semconv.EVALUATION_SCORE)
        name = event.text(semconv.EVALUATION_NAME) or "score"
        return f"{name}: {'?' if score is None else f'{score:.6g}'}"
    return "" if event.name == semconv.EXCEPTION else event.name
