"""The chat completions of an OpenAI-compatible server, as they come over the wire, read into our replies.

What comes is untrusted: each part is looked at before it is used, and what does not look like a completion is an
`UnreadableError`. Covered: other types than promised, missing and null parts, an error in the body of a success, NUL
and lone surrogates, depth. Not covered: choices behind the first one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from llm_strategy.chat.calls import CallsSoFar
from llm_strategy.messages import Chunk, Message, Reply, ToolCall, Usage
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "ErrorInBodyError",
    "UnreadableError",
    "chunks_from_wire",
    "joined_to_calls",
    "json_from_wire",
    "reply_from_wire",
]

_KEPT = 4_000
_NOTHING = Chunk()


class UnreadableError(Exception):
    """What came with success is no reply."""

    def __init__(self, message: str, text: str = "") -> None:
        self.text = text
        """The beginning of what came."""
        super().__init__(message)


class ErrorInBodyError(Exception):
    """A success whose body is an error."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body
        """The error, as the server tells it."""
        self.text = json.dumps(body)[:_KEPT]
        """The beginning of what came."""
        message = body.get("message")
        super().__init__(message if isinstance(message, str) and message else self.text[:500])


def json_from_wire(data: bytes | str) -> dict[str, Any]:
    """Return the JSON object that came.

    Raises:
        UnreadableError: it is none.
        ErrorInBodyError: it is an error.
    """
    try:
        value: object = _parsed(data)
    except (ValueError, TypeError, RecursionError) as error:
        raise UnreadableError(f"what came is no JSON: {error}", _beginning(data)) from error
    if not is_object(value):
        raise UnreadableError("what came is no JSON object", _beginning(data))
    told = value.get("error")
    if told and not value.get("choices"):
        raise ErrorInBodyError(told if is_object(told) else {"message": str(told)})
    return value


def _parsed(data: bytes | str) -> Any:
    data = data.removeprefix("\ufeff") if isinstance(data, str) else data.removeprefix(b"\xef\xbb\xbf")
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError:
        if rb"\u" not in data if isinstance(data, bytes) else r"\u" not in data:
            raise
        return json.loads(data)  # reads lone surrogates, too


def reply_from_wire(body: dict[str, Any]) -> Reply:
    """Return the reply in a completion.

    Raises:
        UnreadableError: there is none.

    Examples:
        >>> message = {"role": "assistant", "content": "yes"}
        >>> reply_from_wire({"choices": [{"message": message, "finish_reason": "stop"}]}).message.content
        'yes'
    """
    choices = body.get("choices")
    choice: object = cast("list[object]", choices)[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if is_object(choice) else None
    if not is_object(choice) or not is_object(message):
        raise UnreadableError(
            "what came is no chat completion: there is no choice with a message in it", str(body)[:_KEPT]
        )
    refusal = message.get("refusal")
    return Reply(
        Message("assistant", _content(message.get("content")), _calls(message.get("tool_calls"))),
        finish_reason=_text(choice.get("finish_reason")) or None,
        refusal=_text(refusal) or _refused(message.get("content")),
        usage=_usage(body.get("usage")) or Usage(),
        model=_text(body.get("model")),
        id=_text(body.get("id")),
    )


def chunks_from_wire(body: dict[str, Any], so_far: CallsSoFar | None = None) -> tuple[Chunk, ...]:
    """Return the pieces of a reply in an event of a stream; none where it says nothing that we know.

    `so_far` are the calls of tools in the events before it.

    >>> [piece.text for piece in chunks_from_wire({"choices": [{"delta": {"content": "ye"}}]})]
    ['ye']
    """
    choices = body.get("choices")
    choice: object = cast("list[object]", choices)[0] if isinstance(choices, list) and choices else None
    fields = choice if is_object(choice) else {}
    found = fields.get("delta")
    delta = found if is_object(found) else {}
    calls = _pieces_of_calls(delta["tool_calls"], so_far or CallsSoFar()) if delta.get("tool_calls") else ()
    whole = Chunk(
        text=_content(delta.get("content")),
        finish_reason=_text(fields.get("finish_reason")) or None,
        refusal=_text(delta.get("refusal")) or None,
        usage=_usage(body.get("usage")),
        model=_text(body.get("model")),
    )
    return joined_to_calls(whole, calls)


def joined_to_calls(said: Chunk, calls: Sequence[Chunk]) -> tuple[Chunk, ...]:
    """Return what came at once: the content first, then each call; what comes with the end is on the last piece."""
    if not calls:
        return () if said == _NOTHING else (said,)
    *others, last = calls
    before = (Chunk(said.text),) if said.text else ()
    return (*before, *others, replace(said, text=last.text, tool=last.tool, call=last.call, call_id=last.call_id))


def _content(content: object) -> str:
    if isinstance(content, str):
        return content
    blocks = cast("list[object]", content) if isinstance(content, list) else []
    return "".join(_text(block.get("text")) for block in blocks if is_object(block) and block.get("type") == "text")


def _refused(content: object) -> str | None:
    """Return a refusal that stands in the content as a block of its own."""
    blocks = cast("list[object]", content) if isinstance(content, list) else []
    return "".join(_text(block.get("refusal")) for block in blocks if is_object(block)) or None


def _calls(calls: object) -> tuple[ToolCall, ...]:
    return tuple(call for call, _ in _read_calls(calls))


def _read_calls(calls: object) -> Iterator[tuple[ToolCall, object]]:
    """Yield the calls that can be read, with their indexes."""
    for call in cast("list[object]", calls) if isinstance(calls, list) else ():
        function = call.get("function") if is_object(call) else None
        if is_object(call) and is_object(function):
            arguments = function.get("arguments")
            whole = arguments if isinstance(arguments, str) else "" if arguments is None else json.dumps(arguments)
            yield ToolCall(_text(function.get("name")), whole, _text(call.get("id"))), call.get("index")


def _pieces_of_calls(calls: object, so_far: CallsSoFar) -> tuple[Chunk, ...]:
    pieces: list[Chunk] = []
    for call, index in _read_calls(calls):
        number, begun = so_far.place(index, call.id, call.name)
        pieces.append(Chunk(call.arguments, tool=begun, call=number, call_id=call.id if begun else ""))
    return tuple(pieces)


def _usage(usage: object) -> Usage | None:
    if not is_object(usage):
        return None
    return Usage(
        _count(usage.get("prompt_tokens")),
        _count(usage.get("completion_tokens")),
        _count(_part(usage, "prompt_tokens_details").get("cached_tokens")),
        _count(_part(usage, "completion_tokens_details").get("reasoning_tokens")),
    )


def _part(usage: dict[str, Any], name: str) -> dict[str, Any]:
    part = usage.get(name)
    return part if is_object(part) else {}


def _count(value: object) -> int:
    if isinstance(value, float) and value.is_integer():  # some servers compute in numbers of one kind
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _beginning(data: bytes | str) -> str:
    return data[:_KEPT] if isinstance(data, str) else data[:_KEPT].decode("utf-8", "replace")
