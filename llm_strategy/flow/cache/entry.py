"""What is stored of a reply, and how it is known to be whole when it is found again."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeAlias

__all__ = ["Entry", "Found", "Kind", "digest_of"]

Kind: TypeAlias = Literal["reply", "langchain"]
"""Whose form the data has: that of our replies, or that of `LangchainCache`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A reply to be stored."""

    key: str
    """The fingerprint of the request."""
    data: str
    """The reply as JSON."""
    kind: Kind = "reply"
    """Whose form the data has."""
    model: str = ""
    """Name of the model, for statistics."""
    asker: str = ""
    """The function that asked, for statistics."""
    tokens: int = 0
    """What it cost in tokens."""
    cost: float | None = None
    """What it cost in US dollars; None where that is not known."""

    @property
    def size(self) -> int:
        """Bytes that it is counted with: the text, and what stands around it."""
        return len(self.data) + len(self.model) + len(self.asker) + 300


@dataclass(frozen=True, slots=True)
class Found:
    """A reply that is stored."""

    data: str
    """The reply as JSON, as it was stored; its form is still to be checked."""


def digest_of(key: str, data: str) -> str:
    """Return what tells that data was not changed by accident, and belongs to its key; it does not tell forgeries.

    >>> digest_of("a", "{}") == digest_of("b", "{}")
    False
    """
    return sha256(f"{key}\0{data}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
