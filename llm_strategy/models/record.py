"""Recording: a model that writes down everything that it is asked and says."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.chat import resolve
from llm_strategy.models.chunks import joined
from llm_strategy.models.tape import append_line, entry_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from llm_strategy.chat import ModelLike
    from llm_strategy.flow import ChatModel, ChatRequest, Profile
    from llm_strategy.messages import Chunk, Reply

__all__ = ["RecordingModel", "record"]


def record(model: ModelLike, path: str | Path) -> RecordingModel:
    """Return a model that answers as `model` does, and appends each exchange to the tape at `path`.

    Raises:
        ConfigurationError: there is no such model.
    """
    return RecordingModel(resolve(model), Path(path))


class RecordingModel:
    """A `ChatModel` with a tape running; safe to share between threads."""

    def __init__(self, model: ChatModel, path: Path) -> None:
        self.model = model
        """Who answers."""
        self.path = path
        """The tape; a line is complete as soon as the reply is."""
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The name of the model that answers."""
        return self.model.name

    @property
    def profile(self) -> Profile:
        """What the model that answers can do."""
        return self.model.profile

    def reply(self, request: ChatRequest) -> Reply:
        """Answer the request, and write it down. Raises TransportError."""
        return self._written(request, self.model.reply(request))

    async def areply(self, request: ChatRequest) -> Reply:
        """Answer the request, and write it down. Raises TransportError."""
        return self._written(request, await self.model.areply(request))

    def stream(self, request: ChatRequest) -> Iterator[Chunk]:
        """Answer piece by piece; written down once it is whole. Raises TransportError."""
        pieces: list[Chunk] = []
        for chunk in self.model.stream(request):
            pieces.append(chunk)
            yield chunk
        self._written(request, joined(pieces))

    async def astream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece; written down once it is whole. Raises TransportError."""
        pieces: list[Chunk] = []
        async for chunk in self.model.astream(request):
            pieces.append(chunk)
            yield chunk
        self._written(request, joined(pieces))

    def _written(self, request: ChatRequest, reply: Reply) -> Reply:
        line = entry_for(request, reply).line()
        with self._lock:
            append_line(self.path, line)
        return reply
