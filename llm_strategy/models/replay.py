"""Replaying: a model that says what a tape says, and nothing else."""

from __future__ import annotations

import threading
from collections import defaultdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.errors import ReplayError
from llm_strategy.flow import Profile
from llm_strategy.models.chunks import chunks_of
from llm_strategy.models.nearest import difference_to_nearest
from llm_strategy.models.tape import key_of, read_tape, request_data

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from llm_strategy.flow import ChatRequest, Method
    from llm_strategy.messages import Chunk, Reply
    from llm_strategy.models.tape import RequestData

__all__ = ["ReplayModel", "open_tape", "replay"]


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
        yield from chunks_of(self.reply(request))

    async def astream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Give the recorded reply piece by piece. Raises ReplayError."""
        for chunk in self.stream(request):
            yield chunk

    def _miss(self, data: RequestData) -> str:
        advice = "Record the tape again with llm_strategy.models.record(model, path), or ask what it holds."
        if not self._entries:
            return f"Tape {str(self.path)!r} is empty. {advice}"
        return (
            f"Tape {str(self.path)!r} holds no reply to this request. {advice} The difference to the nearest of its "
            f"{len(self._entries)} requests:\n" + difference_to_nearest(data, [one.request for one in self._entries])
        )
