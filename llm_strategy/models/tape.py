"""Tapes: requests with their replies, one JSON object a line, so that what was recorded can be read and compared."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from llm_strategy.errors import ConfigurationError
from llm_strategy.messages import Reply

if TYPE_CHECKING:
    from pathlib import Path

    from llm_strategy.flow import ChatRequest

__all__ = ["Entry", "entry_for", "read_tape", "request_data"]

_reply = TypeAdapter(Reply)


@dataclass(frozen=True)
class Entry:
    """One line of a tape."""

    key: str
    """Hash of the request."""
    request: dict[str, Any]
    """Messages, form and sampling, as `request_data` gives them."""
    reply: Reply
    """What the model said."""

    def line(self) -> str:
        """Return the entry as one line of JSON."""
        data = {"key": self.key, "request": self.request, "reply": _reply.dump_python(self.reply, mode="json")}
        return json.dumps(data, ensure_ascii=False)


def request_data(request: ChatRequest) -> dict[str, Any]:
    """Return what of a request decides about the reply, as JSON data.

    The model is left out, so that a tape of one model can stand for another.
    """
    turns = [{"role": turn.role, "content": turn.content} for turn in request.messages]
    form = {name: value for name, value in asdict(request.output).items() if value}
    return {"messages": turns, "output": form, "sampling": request.sampling.arguments()}


def entry_for(request: ChatRequest, reply: Reply) -> Entry:
    """Return the line that records a reply."""
    data = request_data(request)
    return Entry(key_of(data), data, reply)


def key_of(data: dict[str, Any]) -> str:
    """Return the hash of a request's data."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]


def read_tape(path: Path) -> list[Entry]:
    """Return the entries of a tape, in order; a half-written last line is left out.

    Raises:
        ConfigurationError: there is no such file, or a line is no entry.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigurationError(
            f"Tape {str(path)!r} cannot be read: {error.strerror}. "
            "Record one with llm_strategy.models.record(model, path)."
        ) from error
    return [entry for number, line in enumerate(lines, 1) if (entry := _entry(path, number, line, len(lines)))]


def _entry(path: Path, number: int, line: str, last: int) -> Entry | None:
    if not line.strip():
        return None
    try:
        return _entries.validate_json(line)
    except ValidationError as error:
        if number == last:
            return None  # the recording was cut off here
        problem = error.errors(include_url=False, include_input=False)[0]
        raise ConfigurationError(
            f"Tape {str(path)!r}, line {number} is no entry of a tape: {problem['msg']}. Record the tape again."
        ) from error


_entries = TypeAdapter(Entry)
