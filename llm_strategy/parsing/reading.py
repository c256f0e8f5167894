"""What comes of reading a reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Reading"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """A value read from a reply."""

    value: T
    """The value. With `partial=True`, plain data as long as the value is not yet complete enough for the type."""
    repairs: tuple[str, ...] = ()
    """What had to be mended, each kind once; empty for a reply that was right as it came."""
