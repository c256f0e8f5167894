"""A number that is another one whenever what any scope has set may have changed: caches are checked by it."""

from __future__ import annotations

import itertools

__all__ = ["latest_change", "note_change"]

_numbers = itertools.count(1)
_latest = [0]


def note_change() -> None:
    """Make every cache out of date."""
    _latest[0] = next(_numbers)


def latest_change() -> int:
    """Return the number of the last change."""
    return _latest[0]
