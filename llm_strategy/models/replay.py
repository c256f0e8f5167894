"""Replaying: a model that says what a tape says, and nothing else."""

from __future__ import annotations

import difflib
import json
import threading
from collections import defaultdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.errors import ReplayError
from llm_strategy.flow import Profile
from llm_strategy.messages import Chunk
from llm_strategy.models.tape import Entry, key_of, read_tape, request_data

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from llm_strategy.flow import ChatRequest, Method
    from llm_strategy.messages import Reply
    from llm_strategy.models.tape import RequestData

__all__ = ["ReplayModel", "open_tape", "replay"]

_PIECE = 16
"""Characters of a piece when a recorded reply is streamed."""


def replay(path: str | Path) -> ReplayModel:
    """Return a model that answers from the tape at `path`.

    Raises:
        ConfigurationError: there is no such tape, or it is damaged.
    """
    return ReplayModel(Path(path))


def open_tape(path: str) -> ReplayModel:
    """Return the model behind the name `replay:PATH`."""
    return replay(path)


class ReplayModel:
    """A `ChatModel` that answers each recorded request with its recorded reply.

    A request that was recorded several times gets its replies in their order, and then the last one again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        """The tape."""
        self._entries = read_tape(path)
        self._lock = threading.Lock()
        self._replies: dict[str, list[Reply]] = defaultdict(list)
        told = sha256()
        for entry in self._entries:
            self._replies[entry.key].append(entry.reply)
            told.update(f"{entry.key}\0{entry.reply.message!r}\0".encode(errors="surrogatepass"))
        self._digest = told.hexdigest()

    @property
    def name(self) -> str:
        """The tape's name."""
        return f"replay:{self.path.name}"

    @property
    def identity(self) -> dict[str, str]:
        """What caches and journals tell it from others by: the name of its tape, and what is on it."""
        return {"name": self.name, "tape": self._digest}

    @property
    def profile(self) -> Profile:
        """The methods that the tape was recorded with, in the order of their first use."""
        methods: dict[Method, None] = {entry.request["output"]["method"]: None for entry in self._entries}
        return Profile(tuple(methods) or ("prompt",))

    def reply(self, request: ChatRequest) -> Reply:
        """Return the recorded reply. Raises ReplayError, with the difference to the nearest recorded request."""
        data = request_data(request)
        with self._lock:
            replies = self._replies.get(key_of(data))
            if not replies:
                raise ReplayError(self._miss(data))
            return replies.pop(0) if len(replies) > 1 else replies[0]

    async def areply(self, request: ChatRequest) -> Reply:
        """Return the recorded reply. Raises ReplayError."""
        return self.reply(request)

    def stream(self, request: ChatRequest) -> Iterator[Chunk]:
        """Give the recorded reply piece by piece. Raises ReplayError."""
        reply = self.reply(request)
        calls = reply.message.tool_calls
        text = calls[0].arguments if calls else reply.message.content
        for start in range(0, len(text), _PIECE):
            yield Chunk(text[start : start + _PIECE])
        yield Chunk(finish_reason=reply.finish_reason, refusal=reply.refusal, usage=reply.usage)

    async def astream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Give the recorded reply piece by piece. Raises ReplayError."""
        for chunk in self.stream(request):
            yield chunk

    def _miss(self, data: RequestData) -> str:
        asked = _readable(data)
        advice = "Record the tape again with llm_strategy.models.record(model, path), or ask what it holds."
        if not self._entries:
            return f"Tape {str(self.path)!r} is empty. {advice}"
        nearest = max(self._entries, key=lambda entry: _likeness(entry, asked))
        difference = difflib.unified_diff(_readable(nearest.request), asked, "recorded", "asked", lineterm="", n=2)
        return (
            f"Tape {str(self.path)!r} holds no reply to this request. {advice} "
            f"The difference to the nearest of its {len(self._entries)} requests:\n" + "\n".join(difference)
        )


def _readable(data: RequestData) -> list[str]:
    """A request as lines that a person can compare."""
    lines: list[str] = []
    for turn in data["messages"]:
        lines += [f"[{turn['role']}]", *turn["content"].splitlines()]
    lines += ["[output]", *json.dumps(data["output"], indent=1, sort_keys=True, ensure_ascii=False).splitlines()]
    return [*lines, f"[sampling] {json.dumps(data['sampling'], sort_keys=True)}"]


def _likeness(entry: Entry, asked: list[str]) -> float:
    return difflib.SequenceMatcher(None, _readable(entry.request), asked, autojunk=False).ratio()
