"""Keeping streamed replies, when they are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.flow.cache.background import is_in_loop
from llm_strategy.flow.cache.keeping import SoFar, is_kept
from llm_strategy.flow.cache.known import entry_of
from llm_strategy.flow.cache.shared import borrow, give_back
from llm_strategy.flow.followed import follow

if TYPE_CHECKING:
    from llm_strategy.flow.cache.options import CacheOptions
    from llm_strategy.flow.requests import ChatRequest, Stream
    from llm_strategy.messages import Chunk

__all__ = ["keep_stream"]


def keep_stream(stream: Stream, request: ChatRequest, key: str, options: CacheOptions) -> None:
    """Have a streamed reply kept, once all of it has come."""
    follow(stream, _Keeper(request, key, options))


class _Keeper:
    """Gathers the pieces of a reply, and stores the whole."""

    def __init__(self, request: ChatRequest, key: str, options: CacheOptions) -> None:
        self._request = request
        self._key = key
        self._options = options
        self._so_far = SoFar()

    def asked(self) -> None:
        """Do nothing."""

    def saw(self, chunk: Chunk) -> None:
        """Take a piece."""
        self._so_far.add(chunk)

    def over(self, error: BaseException | None) -> None:
        """Store the reply, where all of it came; an event loop does not wait for that."""
        reply = None if error is not None else self._so_far.reply()
        if reply is None or not is_kept(reply):
            return
        entry = entry_of(self._request, reply, self._key)
        cache = borrow(self._options.path)
        try:
            if is_in_loop():
                cache.background.submit(lambda: cache.store.put(entry, self._options.max_bytes))
            else:
                cache.store.put(entry, self._options.max_bytes)
        finally:
            give_back(self._options.path)
