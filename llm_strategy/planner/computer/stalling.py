"""Noticing that an attempt goes round in circles."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["Circles"]


@dataclass(slots=True)
class Circles:
    """Counts what comes again: replies to the letter, and findings.

    >>> circles = Circles(patience=2)
    >>> circles.again("reply", "x"), circles.again("reply", "x"), circles.again("reply", "x")
    ('', '', 'the same reply came 3 times')
    """

    patience: int
    """How often something may come again."""
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    def again(self, kind: str, text: str) -> str:
        """Count a text; return why the attempt is to be given up, or ''."""
        if not text:
            return ""
        self._seen[kind, text] += 1
        count = self._seen[kind, text]
        return f"the same {kind} came {count} times" if count > self.patience else ""
