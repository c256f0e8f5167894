"""How a cache is used by those inside one scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from llm_strategy.flow.requests import ChatRequest

__all__ = ["MAX_BYTES", "CacheOptions"]

MAX_BYTES = 2**30
"""What a cache grows to where nobody says otherwise: 1 GiB."""


@dataclass(frozen=True, slots=True)
class CacheOptions:
    """The file of a cache, and what is done with it."""

    path: Path
    """The file."""
    ttl: float | None = None
    """Seconds for which a reply is good; None for ever."""
    max_bytes: int = MAX_BYTES
    """How much is kept, at most."""
    read: bool = True
    """Whether known replies are used."""
    write: bool = True
    """Whether new replies are kept."""
    every: bool = True
    """Whether functions that do not say so themselves take part."""

    def concern(self, request: ChatRequest) -> bool:
        """Whether the cache has to do with a request."""
        wanted = self.every if request.cached is None else request.cached
        return wanted and (self.read or self.write)
