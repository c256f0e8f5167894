"""Replies as JSON and back: what journals, caches and cassettes store, and workers send.

Covered: any text that a reply can hold, lone surrogates among it; unknown keys, missing keys and values of other types
are errors. Nothing but the types of `llm_strategy.messages` is ever made from stored data.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, TypeGuard, cast, get_args

from llm_strategy.errors import StoredDataError
from llm_strategy.messages import Attachment, Chunk, Message, Reply, Role, ToolCall, Usage

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["chunk_data", "chunk_from", "data_from", "json_of", "message_data", "reply_data", "reply_from"]

_ROLES = get_args(Role)
_KINDS = ("image", "audio", "file")


def json_of(data: object) -> str:
    """Return data as one line of JSON, the same for the same data; in ASCII, since a lone surrogate has no bytes."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def data_from(text: str, where: str) -> Any:
    """Return the data of a text that was stored. Raises StoredDataError: it is no JSON."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError, TypeError) as error:
        raise StoredDataError(f"{where}: what is stored there is no JSON: {error}. Delete it.") from error


def message_data(message: Message) -> dict[str, Any]:
    """Return a message as JSON data, without what is empty."""
    data = _filled(message, _MESSAGE)
    if message.tool_calls:
        data["tool_calls"] = [
            {"name": call.name, "arguments": call.arguments, **_filled(call, _CALL)} for call in message.tool_calls
        ]
    if message.attachments:
        data["attachments"] = [_attachment_data(attachment) for attachment in message.attachments]
    if message.fences:
        data["fences"] = list(message.fences)
    return data


def reply_data(reply: Reply) -> dict[str, Any]:
    """Return a reply as JSON data, without what is empty."""
    return {**_filled(reply, _REPLY), "message": message_data(reply.message), "usage": _filled(reply.usage, _USAGE)}


def chunk_data(chunk: Chunk) -> dict[str, Any]:
    """Return a piece of a reply as JSON data, without what is empty."""
    data = _filled(chunk, _CHUNK)
    return data if chunk.usage is None else {**data, "usage": _filled(chunk.usage, _USAGE)}


def reply_from(data: object, where: str) -> Reply:
    """Return the reply behind JSON data. Raises StoredDataError: the data is none of a reply."""
    fields = _fields(data, where, _REPLY, "message")
    whole: dict[str, Any] = {**fields, "message": _message(fields["message"], f"{where}.message")}
    return Reply(**whole | _usage(fields, where))


def chunk_from(data: object, where: str) -> Chunk:
    """Return the piece behind JSON data. Raises StoredDataError: the data is none of a piece."""
    fields = _fields(data, where, _CHUNK)
    return Chunk(**fields | _usage(fields, where))


def _message(data: object, where: str) -> Message:
    fields = _fields(data, where, _MESSAGE, "role")
    calls = fields.get("tool_calls", ())
    fields["tool_calls"] = tuple(ToolCall(**_fields(call, where, _CALL, "name", "arguments")) for call in calls)
    fields["attachments"] = tuple(_attachment(part, where) for part in fields.get("attachments", ()))
    fields["fences"] = tuple(fields.get("fences", ()))
    return Message(**fields)


def _attachment(data: object, where: str) -> Attachment:
    fields = _fields(data, where, _ATTACHMENT, "kind", "media_type")
    try:
        content: dict[str, Any] = {**fields, "data": base64.b64decode(fields.get("data", ""), validate=True)}
        return Attachment(**content)
    except ValueError as error:
        raise _unfit(where, "data", fields.get("data")) from error


def _usage(fields: dict[str, Any], where: str) -> dict[str, Any]:
    return {"usage": Usage(**_fields(fields["usage"], where, _USAGE))} if "usage" in fields else {}


def _fields(data: object, where: str, known: dict[str, Callable[[Any], bool]], *needed: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise StoredDataError(f"{where}: {_shown(data)} is stored there, and no object. Delete it.")
    fields = dict(cast("dict[str, Any]", data))
    for name, value in fields.items():
        if name not in known or not known[name](value):
            raise _unfit(where, name, value)
    missing = next((name for name in needed if name not in fields), None)
    if missing is not None:
        raise StoredDataError(f"{where}: {missing!r} is missing in what is stored there. Delete it.")
    return fields


def _unfit(where: str, name: str, value: object) -> StoredDataError:
    return StoredDataError(f"{where}: {name!r} is stored there as {_shown(value)}, which does not fit. Delete it.")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}..."


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _filled(value: object, known: dict[str, Callable[[Any], bool]]) -> dict[str, Any]:
    """Return the fields of a value that hold something; `dataclasses.asdict` takes ten times as long."""
    return {name: content for name in known if (content := getattr(value, name))}


def _attachment_data(attachment: Attachment) -> dict[str, Any]:
    data = {"media_type": attachment.media_type, **_filled(attachment, _ATTACHMENT)}
    return {**data, "data": base64.b64encode(attachment.data).decode()} if attachment.data else data


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in cast("list[object]", value))


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


_CALL: dict[str, Callable[[Any], bool]] = {"name": _is_text, "arguments": _is_text, "id": _is_text}
_ATTACHMENT: dict[str, Callable[[Any], bool]] = {
    "kind": _KINDS.__contains__,
    "media_type": _is_text,
    "data": _is_text,
    "url": _is_text,
    "name": _is_text,
}
_MESSAGE: dict[str, Callable[[Any], bool]] = {
    "role": _ROLES.__contains__,
    "content": _is_text,
    "tool_calls": _is_list,
    "tool_call_id": _is_text,
    "attachments": _is_list,
    "fences": _are_texts,
}
_USAGE: dict[str, Callable[[Any], bool]] = dict.fromkeys(
    ("input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens"), _is_count
)
_REPLY: dict[str, Callable[[Any], bool]] = {
    "message": _is_object,
    "finish_reason": _is_text,
    "refusal": _is_text,
    "usage": _is_object,
    "model": _is_text,
    "id": _is_text,
    "cached": _is_flag,
}
_CHUNK: dict[str, Callable[[Any], bool]] = {
    "text": _is_text,
    "finish_reason": _is_text,
    "refusal": _is_text,
    "usage": _is_object,
    "model": _is_text,
    "cached": _is_flag,
    "tool": _is_text,
    "call": _is_count,
    "call_id": _is_text,
}
