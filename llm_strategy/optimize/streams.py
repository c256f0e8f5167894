"""Random numbers by name: what is drawn depends on what it is drawn for, never on what was drawn before it."""

from __future__ import annotations

import hashlib
import random

__all__ = ["stream", "stream_seed"]


def stream_seed(*names: object) -> int:
    """Return a number from 0 to 2^64 - 1 for names; the same for the same names, anywhere.

    >>> stream_seed(0, "parents", 3) == stream_seed(0, "parents", 3) != stream_seed(0, "parents", 4)
    True
    """
    text = "\x1f".join(map(str, names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def stream(*names: object) -> random.Random:
    """Return a generator of random numbers of its own for names.

    >>> stream(0, "parents", 3).random() == stream(0, "parents", 3).random()
    True
    """
    return random.Random(stream_seed(*names))  # noqa: S311 (for drawing, not for secrets)
