"""Tapes: requests with their replies, one JSON object a line, so that what was recorded can be read and compared."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow.fingerprint import with_numbered_fences
from llm_strategy.flow.model import form_data
from llm_strategy.messages import Reply, is_encodable

if TYPE_CHECKING:
    from pathlib import Path

    from llm_strategy.flow import ChatRequest
    from llm_strategy.messages import Message

__all__ = ["Entry", "RequestData", "append_line", "entry_for", "key_of", "read_tape", "request_data"]

_reply = TypeAdapter(Reply)


class RequestData(TypedDict):
    """What of a request decides about the reply."""

    messages: list[dict[str, str]]
    output: dict[str, Any]
    sampling: dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One line of a tape."""

    key: str
    """Hash of the request."""
    request: RequestData
    """Messages, form and sampling, as `request_data` gives them."""
    reply: Reply
    """What the model said."""

    def line(self) -> str:
        """Return the entry as one line of JSON."""
        data = {"key": self.key, "request": self.request, "reply": _reply.dump_python(self.reply, mode="json")}
        line = json.dumps(data, ensure_ascii=False)
        return line if is_encodable(line) else json.dumps(data)


def request_data(request: ChatRequest) -> RequestData:
    """Return what of a request decides about the reply, as JSON data.

    The model is left out, so that a tape of one model can stand for another.
    """
    turns = [_turn(message) for message in with_numbered_fences(request.messages)]
    return {"messages": turns, "output": form_data(request.output), "sampling": request.sampling.arguments()}


def _turn(message: Message) -> dict[str, str]:
    """A turn: of what is no text, the hash is enough to know it again."""
    turn = {"role": message.role, "content": message.content}
    if message.tool_calls:
        turn["tool_calls"] = json.dumps([[call.name, call.arguments, call.id] for call in message.tool_calls])
    if message.tool_call_id:
        turn["tool_call_id"] = message.tool_call_id
    kept = ((one.kind, one.media_type, one.url, hashlib.sha256(one.data).hexdigest()) for one in message.attachments)
    return turn | ({"attachments": json.dumps(list(kept))} if message.attachments else {})


def entry_for(request: ChatRequest, reply: Reply) -> Entry:
    """Return the line that records a reply."""
    data = request_data(request)
    return Entry(key_of(data), data, reply)


def key_of(data: RequestData) -> str:
    """Return the hash of a request's data."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]


def read_tape(path: Path) -> list[Entry]:
    """Return the entries of a tape, in order; lines that were cut off in the writing are left out.

    Raises:
        ConfigurationError: there is no such file, or a line is no entry.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # JSON leaves other line breaks inside a line
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"Tape {str(path)!r} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}. "
            "Record one with llm_strategy.models.record(model, path)."
        ) from error
    return [entry for number, line in enumerate(lines, 1) if (entry := _entry(path, number, line))]


def append_line(path: Path, line: str) -> None:
    """Write a line to the end of a tape; a line that was cut off there is ended first.

    Raises:
        ConfigurationError: the tape cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as tape:
            if tape.tell():
                tape.seek(-1, os.SEEK_END)
                line = line if tape.read(1) == b"\n" else f"\n{line}"
            tape.write(f"{line}\n".encode())
    except OSError as error:
        raise ConfigurationError(
            f"Tape {str(path)!r} cannot be written: {error.strerror}. Name another file."
        ) from error


def _entry(path: Path, number: int, line: str) -> Entry | None:
    if not line.strip():
        return None
    try:
        return _entries.validate_json(line)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        if "EOF while parsing" in problem["msg"]:
            return None  # the recording was cut off here
        raise ConfigurationError(
            f"Tape {str(path)!r}, line {number} is no entry of a tape: {problem['msg']}. Record the tape again."
        ) from error


_entries = TypeAdapter(Entry)
