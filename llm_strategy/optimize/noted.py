"""What a search notes, as an event for whoever watches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.optimize.events import Accepted, Grown, Noted, Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.optimize.events import Event

__all__ = ["noted"]


def noted(kind: str, data: Mapping[str, Any], *, replayed: bool = False) -> Event:
    """Return the event.

    >>> noted("rejected", {"number": 4, "fate": "rejected: minibatch"}).why
    'rejected: minibatch'
    """
    try:
        if kind == "rejected":
            return Rejected(int(data["number"]), str(data["fate"]), data, replayed)
        if kind == "accepted":
            return Accepted(int(data["number"]), float(data["mean"]), data, replayed)
        if kind == "grown":
            return Grown(int(data["active"]), data, replayed)
    except (KeyError, TypeError, ValueError):
        return Noted(kind, data, replayed)
    return Noted(kind, data, replayed)
