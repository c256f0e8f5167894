"""The order in which layers see a request, whatever order their scopes were opened in."""

from __future__ import annotations

from typing import Final

__all__ = ["BUDGET", "CACHE", "JOURNAL", "LIMITS", "METER", "RETRY", "USER"]

USER: Final = 0
"""Layers that say nothing of their place see a request first."""
JOURNAL: Final = 10
"""What was answered in an earlier run is not asked again, of the cache neither."""
CACHE: Final = 20
"""What is known costs nothing: no budget, no limit, no retry."""
RETRY: Final = 30
"""Each attempt passes the layers below by itself."""
BUDGET: Final = 40
"""Each request that is sent is paid for."""
LIMITS: Final = 50
"""Each request that is sent waits for its place; nearest to the model, so that a place is not held in vain."""
METER: Final = 60
"""What really goes to a model is counted."""
